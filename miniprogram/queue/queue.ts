/**
 * PURE: what is not sent yet, check-ins and 跟进 alike. Kept before anything is sent, sent oldest first, let go only once
 * the server has answered.
 *
 * Its edges (files, storage, upload, clock) are handed in. An item's id is made here, once; the server answers a repeat of
 * it as it answered the first, so whatever breaks in between, it is sent again and counted once.
 */

/** What of a check-in is its content: stored as text, sent the same to the last letter each time. */
export interface Form {
  lat: string;
  lng: string;
  datum: 'wgs84' | 'gcj02';
  accuracy_m: string;
  captured_at: string;
  ticket: string;
  kind: 'station' | 'visit' | 'spot';
  note: string;
}

/** What of a 跟进 is its content. */
export interface Note {
  text: string;
  answers: boolean;
  happened_at: string;
  place?: { lat: number; lng: number; accuracy_m: number; datum: 'wgs84' };
  visit?: string; // the check-in that it tells of
}

/** `device`: transport facts, the clock's offset at the capture among them. `spot`: the spot check that it answers, which
 * the server knows by the ticket. */
export interface CheckIn { kind: 'checkin'; form: Form; device: Record<string, string | number>; spot?: string }
export interface Update { kind: 'update'; lead: string; company: string; note: Note }
export type Content = CheckIn | Update;

/** The state of an item: to be sent, being sent, or kept until its owner does something about `said`. */
export type State = 'waiting' | 'sending' | 'held';

export type Item = Content & {
  id: string;
  member: string;
  after: string; // the item that it is sent behind, as long as that one is on its way; '': none
  photos: string[]; // the names of the files, never their paths: those change
  bytes: number;
  saved_at: number;
  state: State;
  tries: number;
  next_at: number; // not before, by the phone's clock, unless somebody asks
  said: string;
  code: string;
};

export interface Files {
  /** Copy a file to where nothing clears it. Throws Full when there is no room. */
  keep(temporary: string, name: string): Promise<number>;
  remove(name: string): Promise<void>;
  exists(name: string): Promise<boolean>;
  names(): Promise<string[]>;
}

export interface Storage {
  load(): Item[];
  /** Replaces what is stored, whole or not at all. Throws Full when there is no room. */
  store(items: Item[]): void;
}

/** What came of one upload. `refused`: the server will not take it as it is. `later`: it may, or may have; `alone`: what
 * was wrong need not be wrong with the others. */
export type Outcome<R> = { is: 'taken'; reply: R } | { is: 'refused' | 'later'; said: string; code: string; alone?: boolean };

export interface Edges<R> {
  files: Files;
  storage: Storage;
  upload(item: Item): Promise<Outcome<R>>;
  now(): number;
  newId(): string;
  member(): string | null; // who is signed in: nobody sends what is another's
}

export class Full extends Error {
  constructor() {
    super('手机里存不下了，还没有存好。请先联网发出待发送的，或清理手机空间后再试。');
  }
}

export const MOST_BYTES = 190 * 1024 * 1024; // WeChat gives 200 MB, the rest is for downloads
const WAITS_S = [0, 5, 20, 60, 300, 900];
const UNSTORED_S = 60;
// What somebody left on this phone and never came back for: no county takes it any more, and their photos are theirs.
const STRANGERS_MS = 30 * 86_400_000;

const LOST: Record<Content['kind'], string> = {
  checkin: '这张照片在手机里找不到了，请重新拍一张，或请队长证明在岗。',
  update: '有照片在手机里找不到了，请点“修改”，重新选照片再提交。',
};

export class Queue<R> {
  private items: Item[];
  private draining: Promise<void> | null = null;
  private again = false;
  private readonly adding = new Set<string>(); // photos that are being kept, whose record is not there yet
  private readonly listeners = new Set<() => void>();
  private readonly takers = new Map<string, (outcome: Outcome<R>) => void>();

  constructor(private readonly edges: Edges<R>) {
    // Whatever was being sent when the app was killed may have arrived or not: it is sent again.
    this.items = edges.storage.load().map((item) => (item.state === 'sending' ? { ...item, state: 'waiting' } : item));
  }

  /** The caller's own, the oldest first. */
  mine(): Item[] {
    const who = this.edges.member();
    return this.items.filter((item) => item.member === who).sort((a, b) => a.saved_at - b.saved_at);
  }

  /** Call `changed` whenever an item changes; the answer ends that. */
  watch(changed: () => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  /** Keep what was taken or written: the photos (temporary files) first, then the record. When this returns, it is safe.
   * Throws Full, and keeps nothing. */
  async add(content: Content, taken: string[], after = ''): Promise<Item> {
    const member = this.edges.member();
    if (!member) throw new Error('nobody is signed in');
    const id = this.edges.newId();
    // A photo is named by an id of its own, which the server knows it by; of a check-in's one photo nobody asks.
    const photos = taken.map((_, n) => `${n === 0 ? id : this.edges.newId()}.jpg`);
    photos.forEach((photo) => this.adding.add(photo));
    try {
      let bytes = 0;
      for (const [n, photo] of photos.entries()) bytes += await this.edges.files.keep(taken[n], photo);
      const item: Item = {
        ...content, id, member, after, photos, bytes,
        saved_at: this.edges.now(), state: 'waiting', tries: 0, next_at: 0, said: '', code: '',
      };
      if (this.items.reduce((sum, one) => sum + one.bytes, bytes) > MOST_BYTES) throw new Full();
      this.put([...this.items, item]);
      return item;
    } catch (error) {
      await this.removeAll(photos);
      throw error;
    } finally {
      photos.forEach((photo) => this.adding.delete(photo));
    }
  }

  /** What the server says of this item, or why it was not heard at the next try. */
  outcome(id: string): Promise<Outcome<R>> {
    return new Promise((resolve) => this.takers.set(id, resolve));
  }

  /** Send what is due. `all`: whatever was put off as well (the network is back, somebody pressed 重试). */
  drain(all = false): Promise<void> {
    if (this.draining) {
      this.again ||= all;
      return this.draining;
    }
    this.draining = this.run(all).finally(() => { this.draining = null; });
    return this.draining;
  }

  /** Give up an item that is not being sent; its owner asked for it. */
  async drop(id: string): Promise<void> {
    const item = this.items.find((one) => one.id === id);
    if (!item || item.state === 'sending') return;
    await this.letGo(item);
  }

  /** Let an item that was held be sent again. */
  release(id: string): void {
    this.set(id, { state: 'waiting', next_at: 0 });
  }

  /** When the next item is due (phone's clock), or null. */
  dueAt(): number | null {
    const waiting = this.mine().filter((item) => item.state === 'waiting' && !this.isBehind(item));
    return waiting.length ? Math.min(...waiting.map((item) => item.next_at)) : null;
  }

  /** Remove photos whose record never came to be, or was let go while the app was killed; and what strangers left. */
  async sweep(): Promise<void> {
    const theirs = (item: Item) => item.member !== this.edges.member() && item.saved_at < this.edges.now() - STRANGERS_MS;
    if (this.items.some(theirs)) this.put(this.items.filter((item) => !theirs(item)));
    for (const name of await this.edges.files.names()) {
      const known = this.adding.has(name) || this.items.some((item) => item.photos.includes(name));
      if (!known) await this.edges.files.remove(name);
    }
  }

  private async run(all: boolean): Promise<void> {
    do {
      this.again = false;
      for (const item of this.mine()) {
        if (item.state !== 'waiting' || this.isBehind(item) || (!all && item.next_at > this.edges.now())) continue;
        if (item.member !== this.edges.member()) break; // another has signed in meanwhile
        const outcome = await this.send(item);
        if (outcome.is !== 'later' || outcome.alone) continue;
        this.mine().forEach((other) => this.tell(other.id, outcome)); // what stops one stops the others
        break;
      }
      all = true;
    } while (this.again);
  }

  /** Not when the one before is held or given up: then it goes alone. */
  private isBehind(item: Item): boolean {
    return this.items.some((other) => other.id === item.after && other.state !== 'held');
  }

  private async send(item: Item): Promise<Outcome<R>> {
    const outcome = await this.tried(item);
    try {
      if (outcome.is === 'taken') await this.letGo(item);
      else if (outcome.is === 'refused') this.set(item.id, { state: 'held', said: outcome.said, code: outcome.code });
      else this.putOff(item, outcome);
    } catch {
      // What came of it cannot be stored: it is sent again, and the server answers as it did.
      this.set(item.id, { state: 'waiting', said: new Full().message, next_at: this.edges.now() + UNSTORED_S * 1000 }, false);
    }
    this.tell(item.id, outcome);
    return outcome;
  }

  private async tried(item: Item): Promise<Outcome<R>> {
    for (const photo of item.photos) {
      if (!(await this.edges.files.exists(photo))) return { is: 'refused', said: LOST[item.kind], code: 'photo_lost' };
    }
    this.set(item.id, { state: 'sending', tries: item.tries + 1, said: '' }, false);
    return this.edges.upload(item).catch((): Outcome<R> => ({ is: 'later', said: '没有发出去，稍后再试。', code: '' }));
  }

  private putOff(item: Item, outcome: { said: string; code: string }): void {
    const wait = WAITS_S[Math.min(item.tries + 1, WAITS_S.length - 1)];
    this.set(item.id, { state: 'waiting', said: outcome.said, code: outcome.code, next_at: this.edges.now() + wait * 1000 });
  }

  /** The record first: a photo without one is swept, a record without its photo would be shown as lost. */
  private async letGo(item: Item): Promise<void> {
    this.put(this.items.filter((one) => one.id !== item.id));
    await this.removeAll(item.photos);
  }

  private async removeAll(photos: string[]): Promise<void> {
    for (const photo of photos) await this.edges.files.remove(photo).catch(() => undefined);
  }

  private set(id: string, change: Partial<Pick<Item, 'state' | 'tries' | 'next_at' | 'said' | 'code'>>, durably = true): void {
    const items = this.items.map((item) => (item.id === id ? { ...item, ...change } : item));
    if (durably) return this.put(items);
    this.items = items;
    this.changed();
  }

  private put(items: Item[]): void {
    this.edges.storage.store(items);
    this.items = items;
    this.changed();
  }

  private changed(): void {
    this.listeners.forEach((listener) => listener());
  }

  private tell(id: string, outcome: Outcome<R>): void {
    this.takers.get(id)?.(outcome);
    this.takers.delete(id);
  }
}
