/** A state as word, colour and shape together: colour is never the only sign. */
import { WORD, type State } from '../../words';

const SHAPE: Record<State, string> = { accepted: '✓', review: '◔', rejected: '✕', excused: '◇', half: '◐', none: '○' };

Component({
  properties: { state: { type: String, value: 'none' }, word: { type: String, value: '' } },
  data: { shape: '', said: '' },
  observers: {
    'state, word'(state: State, word: string) {
      this.setData({ shape: SHAPE[state] ?? '○', said: word || WORD[state] || '' });
    },
  },
});
