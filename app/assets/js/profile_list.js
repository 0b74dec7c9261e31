// The list of a mission's profiles, loaded page by page as far as needed.

const PAGE = 200; // The largest page that the API returns.

export class ProfileList {
  /** `load` returns the JSON of an address. */
  constructor(url, load) {
    this.url = url;
    this.load = load;
    this.items = [];
    this.next = ""; // The cursor of the next page; null after the last one.
    this.queue = Promise.resolve(); // Searches run one after the other, so that no page is loaded twice.
  }

  /** The index of the first profile that fulfils `predicate(profile, index)`; -1 if none does. */
  find(predicate) {
    const result = this.queue.then(async () => {
      let index = this.items.findIndex(predicate);
      while (index < 0 && this.next !== null) {
        const cursor = this.next && `&cursor=${encodeURIComponent(this.next)}`;
        const page = await this.load(`${this.url}?limit=${PAGE}${cursor}`);
        this.items.push(...page.items);
        this.next = page.next;
        index = this.items.findIndex(predicate);
      }
      return index;
    });
    this.queue = result.catch(() => {}); // The caller of this search gets its error; the next search starts afresh.
    return result;
  }

  /** The profile of an index; the last one beyond the end. */
  async at(index) {
    await this.find((_, i) => i === index);
    return this.items[index] ?? this.items.at(-1);
  }

  /** The index of the profile whose middle is nearest to a time, ms; the later one of two that are equally near. */
  async nearest(ms) {
    const distance = (index) => Math.abs(Date.parse(this.items[index].mid_at) - ms);
    const after = await this.find((profile) => Date.parse(profile.mid_at) >= ms);
    const last = after < 0 ? this.items.length - 1 : after;
    return last > 0 && distance(last - 1) < distance(last) ? last - 1 : last;
  }
}
