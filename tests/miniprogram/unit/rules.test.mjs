// The mini-program's pure rules, as tables.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './module.mjs';

const { action, forecast } = await load('pages/today/action');
const { ago, grid } = await load('pages/calendar/grid');
const { moved } = await load('components/month-steps/moved');
const { entries } = await load('pages/calendar/timeline');
const { shares, tick } = await load('components/month-ring/arcs');
const { against, between } = await load('capture/distance');
const { onMap } = await load('team/review/place-map');
const { day, days, metres, moment } = await load('words');

const at = (clock) => Date.parse(`2026-11-24T${clock}:00+08:00`);
const window = (start, end, done = false) => ({ start, end, opens_at: `2026-11-24T${start}:00+08:00`, closes_at: `2026-11-24T${end}:00+08:00`, done });
const day_ = (...windows) => ({
  posting: {}, mode: 'daily', windows, ends_at: '2026-11-25T00:00:00+08:00', more: windows.some((w) => w.done) ? 0 : 1, more_from: null,
});
const again = (from) => ({ ...day_(window('06:00', '23:00', true)), more: 1, more_from: from && `2026-11-24T${from}:00+08:00` });
const twice = (first, second) => day_(window('08:00', '10:00', first), window('16:00', '18:00', second));

for (const [name, today, now, queued, label, hint] of [
  ['posted nowhere', { ...day_(), posting: null }, '09:00', [], '未派驻', '您今天没有派驻，不用打卡'],
  ['before the first window', twice(false, false), '07:59', [], '窗口未到', '08:00 开始'],
  ['as it opens', twice(false, false), '08:00', [], '打卡', '10:00 前'],
  ['done, another to come', twice(true, false), '08:30', [], '已打卡', '16:00 还有一次'],
  ['missed, another to come', twice(false, false), '10:00', [], '窗口未到', '16:00 开始'],
  ['the second open', twice(true, false), '16:30', [], '打卡', '18:00 前'],
  ['both done', twice(true, true), '19:00', [], '已打卡', '今天不用再打卡'],
  ['all missed', twice(false, false), '18:00', [], '时间已过', '明天起可以申请补卡'],
  ['one waits on the phone', twice(false, false), '08:30', ['08:10'], '已打卡', '已存好，联网后自动提交'],
  ['one of the first window waits, the second is open', twice(false, false), '16:30', ['08:10'], '打卡', '18:00 前'],
  ['one of each waits', twice(false, false), '16:30', ['08:10', '16:05'], '已打卡', '已存好，联网后自动提交'],
  ['all missed, where nobody has to', { ...twice(false, false), mode: 'voluntary' }, '18:00', [], '不用打卡', '本县不要求每天打卡'],
  ['open, where nobody has to', { ...twice(false, false), mode: 'voluntary' }, '08:30', [], '打卡', '10:00 前'],
  ['one done of two that a window asks for', again(null), '09:00', [], '再打一次', '今天还要打 1 次'],
  ['the second would be too soon', again('12:30'), '09:00', [], '已打卡', '12:30 以后再打 1 次'],
  ['the second may be taken', again('12:30'), '12:30', [], '再打一次', '今天还要打 1 次'],
  ['the second waits on the phone', again('12:30'), '13:00', ['12:40'], '已打卡', '已存好，联网后自动提交'],
  ['no windows', day_(), '09:00', [], '打卡', '今天不限时段'],
  ['yesterday, read offline', { ...twice(true, true), ends_at: '2026-11-24T00:00:00+08:00' }, '09:00', [], '打卡', '联网后更新今天的时段'],
  ['yesterday, read offline, and one of today waits', { ...twice(true, true), ends_at: '2026-11-24T00:00:00+08:00' }, '09:00', ['08:10'], '已打卡', '已存好，联网后自动提交'],
  ['posted nowhere yesterday, read offline', { ...day_(), posting: null, ends_at: '2026-11-24T00:00:00+08:00' }, '09:00', [], '打卡', '联网后更新今天的时段'],
]) {
  test(`the button: ${name}`, () => {
    const { label: said, hint: why } = action(today, at(now), queued.map(at));
    assert.deepEqual([said, why], [label, hint]);
  });
}

for (const [name, month, said] of [
  ['still to do', { confirmed: 14, pending: 0, excused: 0, target: 20, remaining_days: 9 }, '再驻点 6 天即可达标，剩余 9 个可用日。'],
  ['half days', { confirmed: 14.5, pending: 1, excused: 1, target: 20, remaining_days: 9 }, '再驻点 3.5 天即可达标，剩余 9 个可用日，另有 1 天待核。'],
  ['reached', { confirmed: 19, pending: 0, excused: 1, target: 20, remaining_days: 3 }, '本月已达标。'],
  ['reached once reviewed', { confirmed: 18, pending: 2, excused: 0, target: 20, remaining_days: 3 }, '待核的 2 天通过后即可达标。'],
  ['out of reach', { confirmed: 10, pending: 0, excused: 0, target: 20, remaining_days: 4 }, '还差 10 天，只剩 4 个可用日，请与队长说明情况。'],
  ['nothing asked, and why', { confirmed: 0, pending: 0, excused: 0, target: 0, remaining_days: 4, target_explanation: '本月不要求每日打卡，没有天数目标。' }, '本月不要求每日打卡，没有天数目标。'],
]) test(`the forecast: ${name}`, () => assert.equal(forecast(month), said));

test('a month is six weeks from Monday on, each day with the best of its states, half by half', () => {
  const cells = grid('2026-11', [
    { on: '2026-11-02', value: 1, pending: 0, excused: 0, rejected: 0 }, { on: '2026-11-03', value: 0.5, pending: 0.5, excused: 0, rejected: 0 },
    { on: '2026-11-04', value: 0, pending: 1, excused: 0, rejected: 0 }, { on: '2026-11-05', value: 0, pending: 0, excused: 1, rejected: 0 },
    { on: '2026-11-06', value: 0, pending: 0, excused: 0, rejected: 1 }, { on: '2026-11-07', value: 0, pending: 0.5, excused: 0, rejected: 0 },
    { on: '2026-11-08', value: 0, pending: 0, excused: 0.5, rejected: 0 }, { on: '2026-11-09', value: 0.5, pending: 0, excused: 0, rejected: 1 },
  ], '2026-11-24');
  assert.equal(cells.length, 42);
  assert.equal(cells.findIndex((cell) => cell.n === 1), 6, 'the first is a Sunday');
  const shapes = cells.filter((cell) => cell.n).map((cell) => cell.marks.map((mark) => mark.shape).join(''));
  assert.deepEqual(shapes.slice(0, 10), ['○', '✓', '◐◔', '◔', '◇', '✕', '◔½', '◇½', '◐', '○']);
  assert.deepEqual([shapes[23], shapes[24]], ['', '']);
  assert.deepEqual(cells.find((cell) => cell.n === 3).marks.map((mark) => mark.state), ['accepted', 'review']);
});
test('days between dates, over a month', () => assert.deepEqual([ago('2026-11-24', '2026-11-24'), ago('2026-10-30', '2026-11-02')], [0, 3]));
test('months go over the year', () => assert.deepEqual([moved('2026-12', 1), moved('2026-01', -1)], ['2027-01', '2025-12']));

test('a day in words: check-in, attestation, leave', () => {
  const said = entries([
    { type: 'checkin', id: 'c', holds: 'accepted', by: 'person', minute_of_day: 521, inside_window: false },
    { type: 'attestation', id: 'a', halves: 1, by: 'x', reason: '一起接待' }, { type: 'leave', id: 'l', kind: 'training', effect: 'excused' },
  ]).map((entry) => entry.said);
  assert.deepEqual(said, ['08:41 打卡 · 人工复核 · 不在打卡时段', '半天 · 一起接待', '抵作在岗']);
});

test('the ring never holds more than the whole', () => {
  for (const counts of [{ confirmed: 25, pending: 3, excused: 2, target: 20 }, { confirmed: 0, pending: 0, excused: 0, target: 0 }, { confirmed: 14, pending: 2, excused: 1, target: 20 }]) {
    const { confirmed, pending, excused } = shares(counts);
    assert.ok(confirmed + pending + excused <= 1 + 1e-9);
    assert.ok(tick(counts) <= 1);
  }
});

test('inside, outside, and what so vague a fix cannot tell', () => {
  const fence = { lat: 31.2304, lng: 121.4737, radius_m: 300 };
  const north = (m) => ({ lat: fence.lat + m / 111_195, lng: fence.lng });
  assert.ok(Math.abs(between(fence, north(1000)) - 1000) < 1);
  assert.deepEqual([[100, 20], [290, 50], [320, 50], [500, 50]].map(([m, error]) => against(fence, north(m), error).is), ['inside', 'inside', 'unsure', 'outside']);
});

test('dates, days and metres as people write them', () => {
  assert.deepEqual([day('2026-11-03'), moment('2026-11-03T00:41:00Z'), moment('2026-11-02T16:00:00Z')], ['11月3日 周二', '11月3日 周二 08:41', '11月3日 周二 00:00']);
  assert.deepEqual([days(17), days(16.5), metres(38.4), metres(1234), metres(43_210)], ['17', '16.5', '38 m', '1.2 km', '43 km']);
});

const station = { kind: 'station', name: '上海驻点', lat: 31.2304, lng: 121.4737, radius_m: 300 };
const claimed = { kind: 'claimed', name: '手机定位', lat: 31.2309, lng: 121.4741, radius_m: 20 };
const exif = { kind: 'exif', name: '照片写入的位置', lat: 39.9042, lng: 116.4074, radius_m: null };

test('where a check-in was: pins, fence and error, and words for all of it', () => {
  const map = onMap([station, claimed]);
  assert.deepEqual(map.markers.map((one) => one.title), ['上海驻点', '手机定位']);
  assert.deepEqual(map.circles.map((one) => one.radius), [300, 20]);
  assert.equal(map.said, '方块是驻点和围栏，圆点是手机定位（误差 ±20 米）');
  assert.ok(Math.abs(map.latitude - 31.2304) < 0.001 && map.scale === 14, `${map.scale}`);
});

test('a photo from another city is on the map, too', () => {
  const map = onMap([station, claimed, exif]);
  assert.ok(map.scale < 6 && map.circles.length === 2 && map.said.endsWith('三角是照片写入的位置'), `${map.scale}`);
});

test('without a position there is no map, and without a radius no ring', () => {
  assert.equal(onMap([]), null);
  assert.deepEqual(onMap([{ ...claimed, radius_m: null }]).circles, []);
  assert.equal(onMap([{ ...claimed, radius_m: null }]).scale, 17);
});
