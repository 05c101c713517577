/** WeChat's privacy agreement: asked when a private API is first used, shown by <privacy-gate> on the page in front. */

type Answer = (answer: { event: 'agree' | 'disagree'; buttonId?: string }) => void;

let pending: Answer[] = [];
let show: ((asked: boolean) => void) | null = null;

/** Called once, at launch. */
export function listen(): void {
  wx.onNeedPrivacyAuthorization((resolve: Answer) => {
    pending.push(resolve);
    if (show) show(true);
    else answer(false); // no page can ask: as if refused, WeChat asks again at the next use
  });
}

/** The gate of the page in front shows and hides by this. */
export function attend(gate: ((asked: boolean) => void) | null): void {
  show = gate;
}

export function answer(agreed: boolean, buttonId = 'agree-btn'): void {
  const waiting = pending;
  pending = [];
  waiting.forEach((resolve) => resolve(agreed ? { event: 'agree', buttonId } : { event: 'disagree' }));
  show?.(false);
}
