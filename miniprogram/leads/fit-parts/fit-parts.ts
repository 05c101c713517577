/** 契合度 with its parts: each with its reason; what is not known says what is missing, and weighs nothing. */
import type { Whole } from '../../api/escorts';

Component({
  properties: { fit: { type: Object, value: { score: null, known_percent: 0, parts: [] } as Whole['brief']['fit'] } },
});
