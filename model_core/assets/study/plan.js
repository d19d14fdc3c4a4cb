"use strict";
// Which pairs a participant sees, in what order and on which side: all follow from one number.

const STILL = "still"; // the code of a face that does not move

// Random numbers in [0, 1) from a seed (mulberry32).
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(values, random) {
  const out = [...values];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

// [{ clip, left, right }]: pairs of systems as evenly as they go, clips seldom twice, catch trials
// between them with the face that moves as often left as right.
function planned(content, seed) {
  const random = randomFrom(seed);
  const trials = evenly(content, random).map(({ clip, pair }) => {
    const [left, right] = shuffled(pair, random);
    return { clip, left, right };
  });
  return withCatches(trials, content, random);
}

function evenly(content, random) {
  const waiting = new Map();
  for (const clip of shuffled(content.clips.keys(), random)) {
    for (const pair of content.clips[clip].pairs) {
      const name = pair.join(" ");
      waiting.set(name, [...(waiting.get(name) || []), { clip, pair }]);
    }
  }
  const seen = new Array(content.clips.length).fill(0), chosen = [];
  const queues = shuffled(waiting.values(), random);
  while (chosen.length < content.trials && queues.some((queue) => queue.length)) {
    for (const queue of queues.filter((queue) => queue.length)) {
      const least = queue.reduce((best, each) => seen[each.clip] < seen[best.clip] ? each : best);
      queue.splice(queue.indexOf(least), 1);
      seen[least.clip]++;
      chosen.push(least);
    }
  }
  return shuffled(chosen.slice(0, content.trials), random);
}

function withCatches(trials, content, random) {
  const sides = shuffled(Array.from({ length: content.catches }, (_, i) => i % 2), random);
  const clips = shuffled(content.clips.keys(), random);
  const out = [...trials];
  sides.forEach((side, i) => {
    const clip = clips[i % clips.length];
    const moves = shuffled(Object.keys(content.clips[clip].motions), random)[0];
    const [left, right] = side ? [STILL, moves] : [moves, STILL];
    out.splice(1 + Math.floor(random() * out.length), 0, { clip, left, right });
  });
  return out;
}
