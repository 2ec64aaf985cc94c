import '../dist/worker.js';
