/** 用工关系: once bound, messages come to 小程序助手 without being allowed one by one; WeChat asks within a tap. */

export type Relation = 'accept' | 'reject' | '' | 'old';

/** How it stands between this person and the mini-program, as WeChat knows it; `old`: a WeChat that does not know it. */
export function relation(): Promise<Relation> {
  if (!wx.canIUse('checkEmployeeRelation')) return Promise.resolve('old');
  return new Promise((resolve) => wx.checkEmployeeRelation({ success: (r) => resolve(r.bindingStatus), fail: () => resolve('') }));
}

/** To be called in the tap itself: WeChat shows what is bound, and then the templates. Never fails. */
export function bind(tmplIds: string[]): Promise<boolean> {
  return new Promise((resolve) => wx.bindEmployeeRelation({
    tmplIds,
    success: (r) => resolve(r.bindingStatus === 'accept'),
    fail: () => resolve(false),
  }));
}

/** Of somebody who is bound: how many templates were taken that were not yet. Never fails. */
export function choose(tmplIds: string[]): Promise<number> {
  return new Promise((resolve) => wx.requestSubscribeEmployeeMessage({
    tmplIds,
    success: (r) => resolve(tmplIds.filter((id) => r[id] === 'accept').length),
    fail: () => resolve(0),
  }));
}
