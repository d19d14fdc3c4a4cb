"use strict";
// The study: one trial after the other, kept in the browser until the answers are saved.

const content = JSON.parse(document.getElementById("content").textContent);
const QUESTIONS = ["lips", "real"];
const $ = (id) => document.getElementById(id);

const study = {
  head: readHead(content.head),
  bases: Object.fromEntries(Object.entries(content.bases).map(([k, v]) => [k, readBasis(v)])),
  record: remembered() || begun(),
  starting: null, // the last play that was asked for
  playing: null, // { source, since } while the sound plays
  shown: 0, // frame
  drawn: "", // what the picture shows
};

function begun() {
  const given = new URLSearchParams(location.search).get("seed");
  const drawn = crypto.getRandomValues(new Uint32Array(3));
  return {
    study: content.study,
    participant: [drawn[0], drawn[1]].map((n) => n.toString(16).padStart(8, "0")).join(""),
    seed: given === null ? drawn[2] : Number(given) >>> 0,
    begun: new Date().toISOString(),
    answers: [],
  };
}

function remembered() {
  try { return JSON.parse(localStorage.getItem(`study ${content.study}`)); } catch { return null; }
}

function remember() {
  try {
    localStorage.setItem(`study ${content.study}`, JSON.stringify(study.record));
  } catch { /* a browser that keeps nothing: the answers last as long as the page */ }
}

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
}

// Sound: its own clock tells which frame is seen.

function audio() {
  study.audio = study.audio || new AudioContext();
  return study.audio.resume().then(() => study.audio);
}

async function soundOf(clip) {
  if (!clip.decoded) clip.decoded = (await audio()).decodeAudioData(bytes(clip.sound));
  return clip.decoded;
}

function heardSeconds() {
  const { currentTime, outputLatency } = study.audio;
  return Math.max(0, currentTime - study.playing.since - (outputLatency || 0));
}

async function play(clip, ended) {
  stop();
  const own = study.starting = {}, buffer = await soundOf(clip);
  if (study.starting !== own) return;  // another one was asked for meanwhile
  const source = study.audio.createBufferSource();
  source.buffer = buffer;
  source.connect(study.audio.destination);
  source.onended = () => { if (study.playing && study.playing.source === source) ended(); };
  study.playing = { source, since: study.audio.currentTime };
  source.start();
}

function stop() {
  study.starting = null;
  if (study.playing) study.playing.source.stop();
  study.playing = null;
}

// Trials.

function trial() { return study.plan[study.record.answers.length]; }

function openTrial() {
  if (!trial()) return finish();
  show("trial");
  const done = study.record.answers.length, all = study.plan.length;
  $("place").textContent = `${done + 1} of ${all}`;
  $("progress").value = done / all;
  const clip = content.clips[trial().clip];
  study.motions = [trial().left, trial().right].map((code) =>
    code === STILL ? null : readMotion(clip.motions[code], study.bases));
  study.given = { plays: 0, heard: false, since: performance.now(), answers: {} };
  study.shown = 0;
  refresh();
  return playTrial();
}

function playTrial() {
  study.given.plays++;
  return play(content.clips[trial().clip], () => {
    stop();
    study.given.heard = true;
    refresh();
  });
}

// Each time the screen is drawn: the frame that is heard, if it is not the one that is seen.
function frame() {
  requestAnimationFrame(frame);
  if (!study.motions) return;
  if (study.playing) study.shown = Math.floor(heardSeconds() * content.fps);
  const wanted = `${study.record.answers.length} ${study.shown} ${$("faces").clientWidth}`;
  if (wanted === study.drawn) return;
  study.stage.draw(study.motions, study.shown);
  study.drawn = wanted;
}

function asked() { return QUESTIONS.find((question) => !(question in study.given.answers)); }

function refresh() {
  for (const question of QUESTIONS) {
    const given = study.given.answers[question], open = asked() === question;
    $(question).disabled = !study.given.heard || !(open || given);
    $(question).classList.toggle("asked", study.given.heard && open);
    for (const button of $(question).querySelectorAll("button")) {
      button.classList.toggle("chosen", button.dataset.side === given);
    }
  }
  $("next").disabled = Boolean(asked());
  $("play").textContent = study.given.heard ? "Play again" : "Play";
}

function answer(question, side) {
  if (!study.given.heard || !question) return;
  study.given.answers[question] = side;
  refresh();
}

function takeBack() {
  const last = QUESTIONS.filter((question) => question in study.given.answers).pop();
  if (last) delete study.given.answers[last];
  refresh();
}

function next() {
  if (!study.given.heard || asked()) return;
  stop();
  const { clip, left, right } = trial(), { plays, since, answers } = study.given;
  const seconds = Math.round(performance.now() - since) / 1000;
  study.record.answers.push({ clip: content.clips[clip].name, left, right, ...answers, plays, seconds });
  remember();
  openTrial();
}

function finish() {
  study.motions = null;
  show("end");
}

function save() {
  const text = JSON.stringify({ ...study.record, trials: study.plan.length }, null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `study-${content.study}-${study.record.participant}.json`;
  link.click();
}

// What a participant presses.

function pressed(event) {
  if ($("trial").hidden || event.repeat) return;  // a key held answers one question
  const act = {
    " ": () => playTrial(),
    ArrowLeft: () => answer(asked(), "left"),
    ArrowRight: () => answer(asked(), "right"),
    Backspace: takeBack,
    Enter: next,
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function start() {
  study.plan = planned(content, study.record.seed);
  study.stage = new Stage($("faces"), study.head);
  if (!study.stage.works) return show("broken");
  $("count").textContent = study.plan.length;
  $("minutes").textContent = Math.ceil(study.plan.length / 3);
  $("hear").onclick = () => play(content.clips[0], stop);
  $("begin").onclick = openTrial;
  $("begin").textContent = study.record.answers.length ? "Go on" : "Begin";
  $("play").onclick = playTrial;
  $("next").onclick = next;
  $("save").onclick = save;
  for (const question of QUESTIONS) {
    for (const button of $(question).querySelectorAll("button")) {
      button.onclick = () => answer(question, button.dataset.side);
    }
  }
  document.addEventListener("keydown", pressed);
  return frame();
}

start();
