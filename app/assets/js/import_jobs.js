// Runs a few jobs at once, in the order in which they were added.

export class Jobs {
  #waiting = [];
  #running = 0;

  constructor(limit) {
    this.limit = limit;
  }

  /** Run an async function when its turn comes. */
  add(job) {
    this.#waiting.push(job);
    this.#next();
  }

  #next() {
    while (this.#running < this.limit && this.#waiting.length) {
      const job = this.#waiting.shift();
      this.#running += 1;
      const end = () => {
        this.#running -= 1;
        this.#next();
      };
      Promise.resolve().then(job).then(end, end);
    }
  }
}
