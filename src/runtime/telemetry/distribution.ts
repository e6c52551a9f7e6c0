/** Each class is a tenth wider than the one before it, so a quantile is told to a twentieth of its value. */
const growth = 1.1;
/** What is less stands in the first class. */
const least = 1e-3;
/** Up to 10¹¹: minutes in nanoseconds fit in. */
const classes = 340;

const perClass = 1 / Math.log(growth);

/**
 * How values spread over this interval and the one before, in a fixed room: they are counted in classes, so that none is
 * left out however many there are.
 */
export class Distribution {
  #interval = 0;
  #running = new Uint32Array(classes);
  #before = new Uint32Array(classes);
  #count = 0;
  #countBefore = 0;

  add(value: number, interval: number): void {
    this.#turnTo(interval);
    const at = classOf(value);
    this.#running[at] = (this.#running[at] ?? 0) + 1;
    this.#count++;
  }

  /** The value below which the share `q` of all lies; NaN where there is none. */
  quantile(q: number, interval: number): number {
    this.#turnTo(interval);
    const all = this.#count + this.#countBefore;
    if (all === 0) return Number.NaN;
    let seen = 0;
    for (let at = 0; at < classes; at++) {
      seen += (this.#running[at] ?? 0) + (this.#before[at] ?? 0);
      if (seen >= q * all) return middleOf(at);
    }
    return middleOf(classes - 1);
  }

  #turnTo(interval: number): void {
    if (interval === this.#interval) return;
    const follows = interval === this.#interval + 1;
    [this.#running, this.#before] = [this.#before, this.#running];
    this.#countBefore = follows ? this.#count : 0;
    this.#running.fill(0);
    if (!follows) this.#before.fill(0);
    this.#count = 0;
    this.#interval = interval;
  }
}

function classOf(value: number): number {
  if (!(value > least)) return 0;
  return Math.min(classes - 1, 1 + Math.floor(Math.log(value / least) * perClass));
}

function middleOf(at: number): number {
  return at === 0 ? 0 : least * growth ** (at - 0.5);
}
