"use strict";
// Faces: motions put onto the head, and two heads drawn side by side by one camera.

const CAMERA = { height: -0.02, depth: 0.03, half: 0.116, distance: 1.0 }; // metres
const NECK = [0.0, -0.08, -0.01]; // what a head turns about

function bytes(text) {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out.buffer;
}

function readHead(packed) {
  return {
    rest: new Float32Array(bytes(packed.rest)),
    corners: new Uint16Array(bytes(packed.corners)),
    colours: new Uint8Array(bytes(packed.colours)),
    triangles: new Uint16Array(bytes(packed.triangles)),
  };
}

function readBasis(packed) {
  return { steps: packed.steps, offsets: new Int16Array(bytes(packed.offsets)) };
}

function readMotion(packed, bases) {
  return {
    basis: bases[packed.basis],
    weights: new Float32Array(bytes(packed.weights)),
    head: packed.head ? new Float32Array(bytes(packed.head)) : null,
  };
}

// The number of a motion's frames; one without shapes has its head's.
function framesOf(motion) {
  const shapes = motion.basis.steps.length;
  return shapes ? motion.weights.length / shapes : (motion.head ? motion.head.length / 3 : 1);
}

// Positions (V * 3) at a frame, held beyond the last one; without a motion the face is at rest.
function posed(head, motion, frame) {
  const positions = Float32Array.from(head.rest);
  if (!motion) return positions;
  frame = Math.max(0, Math.min(frame, framesOf(motion) - 1));
  const { steps, offsets } = motion.basis, shapes = steps.length;
  const size = shapes ? offsets.length / shapes : 0;
  for (let k = 0; k < shapes; k++) {
    const weight = motion.weights[frame * shapes + k] * steps[k], from = k * size;
    if (weight) for (let i = 0; i < size; i++) positions[i] += weight * offsets[from + i];
  }
  if (motion.head) turn(positions, motion.head.subarray(3 * frame, 3 * frame + 3));
  return positions;
}

// Turn all positions by yaw, pitch and roll: Ry Rx Rz about the neck.
function turn(positions, [yaw, pitch, roll]) {
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)], [cx, sx] = [Math.cos(pitch), Math.sin(pitch)];
  const [cz, sz] = [Math.cos(roll), Math.sin(roll)];
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [0, 1, 2].map((axis) => positions[i + axis] - NECK[axis]);
    const [xr, yr] = [cz * x - sz * y, sz * x + cz * y];
    const [yp, zp] = [cx * yr - sx * z, sx * yr + cx * z];
    positions[i] = cy * xr + sy * zp + NECK[0];
    positions[i + 1] = yp + NECK[1];
    positions[i + 2] = -sy * xr + cy * zp + NECK[2];
  }
}

// Normals (V * 3), not of unit length: sums of the triangles' around each vertex.
function normalsOf(head, positions) {
  const normals = new Float32Array(positions.length), { corners, triangles } = head;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((i) => 3 * corners[triangles[t + i]]);
    const p = [0, 1, 2].map((i) => positions[b + i] - positions[a + i]);
    const q = [0, 1, 2].map((i) => positions[c + i] - positions[a + i]);
    const n = [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
    for (const at of [a, b, c]) for (let i = 0; i < 3; i++) normals[at + i] += n[i];
  }
  return normals;
}

const VERTEX = `
attribute vec3 position, normal, colour;
uniform vec4 camera;
varying vec3 n, paint;
void main() {
  vec3 p = position - vec3(0.0, camera.x, camera.y);
  float away = camera.w - p.z;
  gl_Position = vec4(p.xy * camera.w / camera.z, away * (away - camera.w), away);
  n = normal; paint = colour;
}`;

const FRAGMENT = `
precision mediump float;
varying vec3 n, paint;
float lit(vec3 from) { return max(dot(normalize(n), normalize(from)), 0.0); }
void main() {
  float light = 0.10 + 0.78 * lit(vec3(-0.45, 0.55, 0.70)) + 0.24 * lit(vec3(0.85, 0.10, 0.50))
    + 0.10 * lit(vec3(0.0, -0.7, 0.70));
  vec3 shade = gl_FrontFacing ? paint * light : paint * light * vec3(0.30, 0.20, 0.20);
  gl_FragColor = vec4(pow(shade, vec3(1.0 / 2.2)), 1.0);
}`;

class Stage {
  constructor(canvas, head) {
    this.head = head;
    this.gl = canvas.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
    if (!this.gl) return;
    this.mixed = new Float32Array(head.corners.length * 6);
    this.prepare();
  }

  get works() { return Boolean(this.gl); }

  prepare() {
    const gl = this.gl, program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    gl.useProgram(program);
    const { height, depth, half, distance } = CAMERA;
    gl.uniform4f(gl.getUniformLocation(program, "camera"), height, depth, half, distance);
    this.fill(gl.ELEMENT_ARRAY_BUFFER, this.head.triangles);
    this.fill(gl.ARRAY_BUFFER, this.head.colours);
    this.point(program, "colour", gl.UNSIGNED_BYTE, true, 0, 0);
    this.moving = this.fill(gl.ARRAY_BUFFER, this.mixed);
    this.point(program, "position", gl.FLOAT, false, 24, 0);
    this.point(program, "normal", gl.FLOAT, false, 24, 12);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.SCISSOR_TEST);
    gl.clearColor(0.89, 0.905, 0.92, 1);
  }

  fill(kind, values) {
    const gl = this.gl, buffer = gl.createBuffer();
    gl.bindBuffer(kind, buffer);
    gl.bufferData(kind, values, gl.DYNAMIC_DRAW);
    return buffer;
  }

  point(program, name, type, whole, stride, offset) {
    const gl = this.gl, place = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, 3, type, whole, stride, offset);
  }

  // Draw the motions of the left and of the right face at a frame.
  draw(motions, frame) {
    const gl = this.gl, canvas = gl.canvas, sharp = window.devicePixelRatio || 1;
    const size = Math.max(64, Math.min(1024, Math.round(canvas.clientWidth * sharp / 2)));
    if (canvas.width !== 2 * size) [canvas.width, canvas.height] = [2 * size, size];
    motions.forEach((motion, place) => {
      for (const area of ["viewport", "scissor"]) gl[area](place * size, 0, size, size);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      this.drawOne(posed(this.head, motion, frame));
    });
  }

  drawOne(positions) {
    const gl = this.gl, { corners, triangles } = this.head, normals = normalsOf(this.head, positions);
    for (let c = 0; c < corners.length; c++) {
      const from = 3 * corners[c];
      for (let i = 0; i < 3; i++) {
        this.mixed[6 * c + i] = positions[from + i];
        this.mixed[6 * c + 3 + i] = normals[from + i];
      }
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.moving);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.mixed);
    gl.drawElements(gl.TRIANGLES, triangles.length, gl.UNSIGNED_SHORT, 0);
  }
}
