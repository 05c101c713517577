// The queue of what is not sent yet with a fault at each of its edges: never lost, never twice, whatever kind it is.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './module.mjs';

const { Queue, Full, MOST_BYTES } = await load('queue/queue');

const FORM = { lat: '31.2', lng: '121.4', datum: 'wgs84', accuracy_m: '20', captured_at: '2026-11-24T02:00:00.000Z', ticket: 't', kind: 'station', note: '' };
const NOTE = { text: '拜访了张总', answers: false, happened_at: '2026-11-24T02:00:00.000Z' };
const CHECKIN = { kind: 'checkin', form: FORM, device: {} };
const UPDATE = { kind: 'update', lead: 'lead', company: '甲一', note: NOTE };
// A check-in, a word, and a word with pictures: each edge holds for each of them.
const KINDS = [
  ['a check-in', CHECKIN, (photo) => [photo]], ['an update', UPDATE, () => []], ['an update with photos', UPDATE, (photo) => [photo, `${photo} b`, `${photo} c`]],
];
const content = (item) => JSON.stringify(item.kind === 'checkin' ? item.form : item.note);
const never = () => new Promise(() => {});

/** A phone and a server that outlive any number of queues. `fault(edge)` is asked at each edge: '', 'fails', 'killed', 'killed after', … */
class World {
  disk = new Map();
  records = '[]';
  server = new Map(); // id → how often it was taken as new
  clock = 0;
  ids = 0;
  member = 'chen';
  uploads = [];
  fault = () => '';
  meanwhile = async () => {}; // what happens while an edge is slow
  dead = false;

  /** The app starts: whatever ran before is gone. */
  start() {
    this.dead = false;
    const at = (edge, act) => this.#edge(edge, act);
    return new Queue({
      files: {
        keep: (temporary, name) => at('keep', () => { this.disk.set(name, temporary); return this.sizes?.[temporary] ?? 1000; }),
        remove: (name) => at('remove', () => void this.disk.delete(name)),
        exists: async (name) => this.disk.has(name),
        names: async () => [...this.disk.keys()],
      },
      storage: {
        load: () => JSON.parse(this.records),
        store: (items) => {
          if (this.dead) throw new Error('dead');
          if (this.fault('store') === 'fails') throw new Full();
          this.records = JSON.stringify(items);
        },
      },
      upload: (item) => this.#upload(item),
      now: () => this.clock,
      newId: () => `id${++this.ids}`,
      member: () => this.member,
    });
  }

  async #edge(edge, act) {
    if (this.dead) return never();
    const fault = this.fault(edge);
    if (fault === 'fails') throw new Error(`${edge} fails`);
    if (fault === 'full') throw new Full();
    if (fault === 'killed') return this.#dies();
    const done = act();
    if (fault === 'slow') await this.meanwhile();
    return fault === 'killed after' ? this.#dies() : done;
  }

  async #upload(item) {
    if (this.dead) return never();
    this.uploads.push(item.id);
    const fault = this.fault('upload');
    if (fault === 'lost') return { is: 'later', said: '没有网络', code: '' };
    if (fault === 'busy') return { is: 'later', said: '服务器忙', code: 'http_500', alone: true };
    if (fault === 'refused') return { is: 'refused', said: '不收', code: 'no' };
    if (fault === 'killed') return this.#dies();
    if (!this.server.has(item.id)) this.server.set(item.id, { photos: this.#photos(item), times: 0, content: content(item) });
    const row = this.server.get(item.id);
    assert.equal(row.content, content(item), 'a repeat carries the same content');
    assert.deepEqual(row.photos, this.#photos(item), 'and the same photos');
    row.times++;
    if (fault === 'answer lost') return { is: 'later', said: '没有网络', code: '' };
    if (fault === 'throws') throw new Error('unforeseen');
    if (fault === 'killed after') return this.#dies();
    return { is: 'taken', reply: { id: item.id } };
  }

  #photos(item) {
    const photos = item.photos.map((name) => this.disk.get(name));
    assert.ok(photos.every(Boolean), 'no photo is lost before it is taken');
    return photos;
  }

  #dies() {
    this.dead = true;
    return never();
  }
}

const once = (edge, fault, at = 1) => {
  let asked = 0;
  return (which) => (which === edge && ++asked === at ? fault : '');
};
const add = (queue, photo = 'p1', [, what, photos] = KINDS[0]) => queue.add(what, photos(photo));
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('it is kept before anything is sent, and let go when the server has answered', async () => {
  const world = new World();
  const queue = world.start();
  const item = await add(queue);
  assert.deepEqual(world.uploads, []);
  assert.equal(JSON.parse(world.records).length, 1);
  const answer = queue.outcome(item.id);
  await queue.drain();
  assert.deepEqual(await answer, { is: 'taken', reply: { id: item.id } });
  assert.deepEqual([queue.mine().length, world.records, world.disk.size], [0, '[]', 0]);
});

for (const kind of KINDS) for (const [name, edge, fault, at = 1] of [
  ['the photo cannot be copied', 'keep', 'fails'], ['the phone is full at the photo', 'keep', 'full'], ['the phone is full at the record', 'store', 'fails'],
  ['the phone is full at the last photo', 'keep', 'full', 3],
]) {
  if (edge === 'keep' && kind[2]('p').length < at) continue; // it has no such photo
  test(`${kind[0]}, ${name}: it says so, and nothing half is left`, async () => {
    const world = new World();
    const queue = world.start();
    world.fault = once(edge, fault, at);
    await assert.rejects(add(queue, 'p1', kind), fault === 'fails' && edge === 'keep' ? Error : Full);
    assert.deepEqual([queue.mine().length, world.records, world.disk.size], [0, '[]', 0]);
  });
}

for (const kind of KINDS) for (const [name, edge, fault, safe] of [
  ['killed before the photo is copied', 'keep', 'killed', false], ['killed between photo and record', 'keep', 'killed after', false],
  ['killed before the upload', 'upload', 'killed', true], ['killed after the commit, before the answer', 'upload', 'killed after', true],
  ['killed while it lets go', 'remove', 'killed', true], ['the call is lost', 'upload', 'lost', true], ['the answer is lost', 'upload', 'answer lost', true],
  ['something unforeseen is thrown', 'upload', 'throws', true], ['the photo cannot be removed', 'remove', 'fails', true],
]) {
  if (edge !== 'upload' && !kind[2]('p').length) continue;
  test(`${kind[0]}, ${name}: ${safe ? 'counted once' : 'nobody was told it was kept, nothing is left over'}`, async () => {
    const world = new World();
    let queue = world.start();
    world.fault = once(edge, fault);
    const kept = add(queue, 'p1', kind).then(() => queue.drain()).catch(() => {});
    await Promise.race([kept, settled().then(settled)]);
    queue = world.start();
    await queue.sweep();
    world.clock += 3_600_000;
    await queue.drain();
    assert.equal(world.server.size, safe ? 1 : 0);
    assert.deepEqual([queue.mine().length, world.records, world.disk.size], [0, '[]', 0]);
  });
}

test('the oldest goes first, and one that gets no answer stops the others', async () => {
  const world = new World();
  const queue = world.start();
  for (const photo of ['a', 'b', 'c']) {
    world.clock += 1;
    await add(queue, photo);
  }
  world.fault = once('upload', 'lost');
  await queue.drain();
  assert.deepEqual(world.uploads, ['id1']);
  await queue.drain(true);
  assert.deepEqual(world.uploads, ['id1', 'id1', 'id2', 'id3']);
});

test('one that makes the server fail holds up nobody', async () => {
  const world = new World();
  const queue = world.start();
  for (const photo of ['a', 'b']) {
    world.clock += 1;
    await add(queue, photo);
  }
  world.fault = once('upload', 'busy');
  await queue.drain(true);
  assert.deepEqual([world.uploads, queue.mine().map((item) => item.id)], [['id1', 'id2'], ['id1']]);
});

test('who waits for the answer of one that is not reached is told so', async () => {
  const world = new World();
  const queue = world.start();
  await add(queue, 'a');
  world.clock += 1;
  const second = await add(queue, 'b');
  const answer = queue.outcome(second.id);
  world.fault = once('upload', 'lost');
  await queue.drain(true);
  assert.deepEqual([(await answer).is, world.uploads], ['later', ['id1']]);
});

test('when nothing more can be stored the answer is told, and it is sent again', async () => {
  const world = new World();
  const queue = world.start();
  const item = await add(queue);
  const answer = queue.outcome(item.id);
  world.fault = once('store', 'fails');
  await queue.drain();
  assert.equal((await answer).is, 'taken');
  assert.deepEqual(queue.mine().map(({ state }) => state), ['waiting']);
  await queue.drain(true);
  assert.deepEqual([queue.mine().length, world.server.size, world.server.get(item.id).times], [0, 1, 2]);
});

test('when another signs in between two of them, the second stays', async () => {
  const world = new World();
  const queue = world.start();
  await add(queue, 'a');
  world.clock += 1;
  await add(queue, 'b');
  world.fault = (edge) => { if (edge === 'upload') world.member = 'colleague'; return ''; };
  await queue.drain(true);
  assert.deepEqual(world.uploads, ['id1']);
});

test('sweeping spares the photo of one that is just being kept', async () => {
  const world = new World();
  const queue = world.start();
  world.fault = once('keep', 'slow');
  world.meanwhile = () => queue.sweep();
  await add(queue);
  assert.equal(world.disk.size, 1);
});

test('what another left on this phone a month ago goes with its photo; one\'s own stays', async () => {
  const world = new World();
  const queue = world.start();
  await add(queue, 'a');
  world.clock += 31 * 86_400_000;
  await queue.sweep();
  assert.equal(queue.mine().length, 1);
  world.member = 'colleague';
  world.clock -= 2 * 86_400_000;
  await queue.sweep();
  assert.equal(world.disk.size, 1, 'not yet');
  world.clock += 2 * 86_400_000;
  await queue.sweep();
  assert.deepEqual([world.disk.size, world.records], [0, '[]']);
});

test('one that the server refuses is kept with its sentence, and the others go on', async () => {
  const world = new World();
  const queue = world.start();
  await add(queue, 'a');
  world.clock += 1;
  await add(queue, 'b');
  world.fault = once('upload', 'refused');
  await queue.drain();
  assert.deepEqual(queue.mine().map(({ id, state, said }) => [id, state, said]), [['id1', 'held', '不收']]);
  await queue.drain(true);
  assert.deepEqual(world.uploads, ['id1', 'id2'], 'what is held waits for its owner');
  queue.release('id1');
  await queue.drain();
  assert.deepEqual([...world.server.keys()], ['id2', 'id1']);
});

test('the waits grow, and whoever asks is not made to wait', async () => {
  const world = new World();
  const queue = world.start();
  await add(queue);
  world.fault = (edge) => (edge === 'upload' ? 'lost' : '');
  const waits = [];
  for (let i = 0; i < 7; i++) {
    await queue.drain(true);
    waits.push((queue.dueAt() - world.clock) / 1000);
  }
  assert.deepEqual(waits, [5, 20, 60, 300, 900, 900, 900]);
  await queue.drain();
  assert.equal(world.uploads.length, 7, 'by itself it waits');
});

test('two who drain at once send once', async () => {
  const world = new World();
  const queue = world.start();
  await add(queue);
  await Promise.all([queue.drain(), queue.drain(true), queue.drain()]);
  assert.deepEqual(world.uploads, ['id1']);
});

test('one added while others are sent goes with them', async () => {
  const world = new World();
  const queue = world.start();
  await add(queue, 'a');
  const first = queue.drain();
  await add(queue, 'b');
  await Promise.all([first, queue.drain(true)]);
  assert.equal(world.server.size, 2);
});

test("what another kept on the same phone, of any kind, stays theirs", async () => {
  const world = new World();
  const queue = world.start();
  for (const kind of KINDS) await add(queue, `photo of ${kind[0]}`, kind);
  world.member = 'colleague';
  await queue.drain(true);
  assert.deepEqual([queue.mine().length, world.uploads.length], [0, 0]);
  world.member = 'chen';
  await queue.drain(true);
  assert.equal(world.server.size, 3);
});

test('200 MB is not passed', async () => {
  const world = new World();
  world.sizes = { huge: MOST_BYTES - 1000 };
  const queue = world.start();
  await add(queue, 'huge');
  await add(queue, 'last');
  await assert.rejects(add(queue, 'more'), Full);
  assert.equal(queue.mine().length, 2);
  assert.equal(world.disk.size, 2);
});

test('check-ins and updates go in the order they were kept, and one the server fails at holds up neither kind', async () => {
  const world = new World();
  const queue = world.start();
  for (const [n, kind] of [KINDS[1], KINDS[0], KINDS[2]].entries()) {
    world.clock += 1;
    await add(queue, `p${n}`, kind);
  }
  world.fault = once('upload', 'busy');
  await queue.drain(true);
  assert.deepEqual([world.uploads, queue.mine().map(({ id }) => id)], [['id1', 'id2', 'id3'], ['id1']]);
  await queue.drain(true);
  assert.deepEqual([queue.mine().length, world.disk.size, world.server.size], [0, 0, 3]);
});

test('one that goes behind another is not sent while that one is on its way, nor holds up the rest', async () => {
  const world = new World();
  const queue = world.start();
  const visit = await add(queue, 'a');
  world.clock += 1;
  const [, what] = KINDS[1];
  await queue.add(what, [], visit.id);
  world.clock += 1;
  await add(queue, 'b');
  world.fault = once('upload', 'busy');
  await queue.drain(true);
  assert.deepEqual(world.uploads, ['id1', 'id3']);
  assert.equal((queue.dueAt() - world.clock) / 1000, 5, 'nobody is woken for it before');
  const again = world.start();
  await again.drain(true);
  assert.deepEqual(world.uploads, ['id1', 'id3', 'id1', 'id2']);
});

for (const [what, ends] of [['is refused', (queue) => queue], ['is given up', (queue, id) => queue.drop(id)]]) {
  test(`one whose other ${what} goes alone`, async () => {
    const world = new World();
    const queue = world.start();
    const visit = await add(queue, 'a');
    world.clock += 1;
    await queue.add(KINDS[1][1], [], visit.id);
    world.fault = once('upload', 'refused');
    await queue.drain(true);
    await ends(queue, visit.id);
    await queue.drain(true);
    assert.deepEqual([...world.server.keys()], ['id2']);
  });
}

test('of an update with a photo that is gone the words are kept, and what was wrong is said of an update', async () => {
  const world = new World();
  const queue = world.start();
  const item = await add(queue, 'a', KINDS[2]);
  world.disk.delete(item.photos[1]);
  await queue.drain();
  const [held] = queue.mine();
  assert.deepEqual([held.state, held.code, held.note.text, world.server.size], ['held', 'photo_lost', '拜访了张总', 0]);
  assert.match(held.said, /修改/);
  await queue.drop(item.id);
  assert.deepEqual([queue.mine().length, world.disk.size], [0, 0]);
});

test('a photo that is gone is said to be, and holds up nobody', async () => {
  const world = new World();
  const queue = world.start();
  await add(queue, 'a');
  world.clock += 1;
  await add(queue, 'b');
  world.disk.delete('id1.jpg');
  await queue.drain();
  assert.deepEqual(queue.mine().map(({ id, state, code }) => [id, state, code]), [['id1', 'held', 'photo_lost']]);
  await queue.drop('id1');
  assert.equal(queue.mine().length, 0);
});

test('any run of faults and kills: each that was kept is counted, none twice', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    let state = seed;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const faults = { keep: ['fails', 'full', 'killed', 'killed after'], store: ['fails'], remove: ['fails', 'killed'], upload: ['lost', 'answer lost', 'killed', 'killed after', 'throws'] };
    const world = new World();
    const promised = new Set();
    world.fault = (edge) => (random() < 0.3 ? faults[edge][Math.floor(random() * faults[edge].length)] : '');
    for (let life = 0; life < 6; life++) {
      const queue = world.start();
      const living = (async () => {
        for (let i = 0; i < 3; i++) {
          world.clock += 1000;
          const item = await add(queue, `photo ${seed} ${life} ${i}`, KINDS[Math.floor(random() * KINDS.length)]).catch(() => null);
          if (item) promised.add(item.id);
          await queue.drain(true).catch(() => {});
        }
      })();
      await Promise.race([living, new Promise((resolve) => setTimeout(resolve, 1))]);
      world.dead = true;
    }
    world.fault = () => '';
    const last = world.start();
    await last.sweep();
    await last.drain(true);
    assert.deepEqual([last.mine().length, world.disk.size], [0, 0], `seed ${seed}`);
    for (const id of promised) assert.ok(world.server.has(id), `seed ${seed}: ${id} was lost`);
    const photos = [...world.server.values()].flatMap((row) => row.photos);
    assert.equal(new Set(photos).size, photos.length, `seed ${seed}: one was counted twice`);
  }
});
