/** 订阅消息: WeChat asks within a tap, for three templates at most; what is answered the server is told. */
import * as me from './api/me';
import { newId } from './queue/phone';

const MOST_ASKED = 3;

/** Those of `offered` to ask for in one tap: WeChat asks for lasting ones and others apart (20002). */
export const together = (offered: me.Subscription[]): string[] =>
  offered.filter((one) => one.lasting === offered[0]?.lasting).map((one) => one.template_id).slice(0, MOST_ASKED);

/** The templates to ask for at the next tap, if any. */
export const wanting = async (): Promise<string[]> => together((await me.subscriptions()).items.filter((one) => one.low));

/** To be called in the tap itself; how many were accepted. Never fails: what the tap is for goes on. */
export function ask(tmplIds: string[]): Promise<number> {
  if (!tmplIds.length) return Promise.resolve(0);
  return new Promise((resolve) => wx.requestSubscribeMessage({
    tmplIds,
    success: (r) => {
      const answers = Object.fromEntries(tmplIds.filter((id) => r[id]).map((id) => [id, plain(r[id]!)])) as Parameters<typeof me.reportAnswers>[1];
      const accepted = Object.values(answers).filter((answer) => answer === 'accept').length;
      if (!Object.keys(answers).length) return resolve(0);
      me.reportAnswers(newId(), answers).then(() => resolve(accepted), () => resolve(accepted)); // WeChat tells the server as well
    },
    fail: () => resolve(0),
  }));
}

/** Of a lasting one WeChat also says how it may be heard: acceptWithAudio, acceptWithAlert. */
const plain = (answer: string) => (answer.startsWith('accept') ? 'accept' : answer);
