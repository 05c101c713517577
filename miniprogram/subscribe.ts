/** 订阅消息: WeChat asks within a tap, for three templates at most; what is answered the server is told. */
import * as me from './api/me';
import { newId } from './queue/phone';

const MOST_ASKED = 3;

/** The templates to ask for at the next tap, if any. */
export const wanting = async (): Promise<string[]> =>
  (await me.subscriptions()).filter((one) => one.low).map((one) => one.template_id).slice(0, MOST_ASKED);

/** To be called in the tap itself; how many were accepted. Never fails: what the tap is for goes on. */
export function ask(tmplIds: string[]): Promise<number> {
  if (!tmplIds.length) return Promise.resolve(0);
  return new Promise((resolve) => wx.requestSubscribeMessage({
    tmplIds,
    success: (r) => {
      const answers = Object.fromEntries(tmplIds.filter((id) => r[id]).map((id) => [id, r[id]])) as Parameters<typeof me.reportAnswers>[1];
      const accepted = Object.values(answers).filter((answer) => answer === 'accept').length;
      if (!Object.keys(answers).length) return resolve(0);
      me.reportAnswers(newId(), answers).then(() => resolve(accepted), () => resolve(accepted)); // WeChat tells the server as well
    },
    fail: () => resolve(0),
  }));
}
