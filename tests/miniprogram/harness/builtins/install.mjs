// All built-in tags, the behaviours that go by name, and canvas nodes in selector queries.
import { space } from '../runtime/easel.mjs';
import { nameBehavior } from '../runtime/loader.mjs';
import { defineForms } from './forms.mjs';
import { defineMedia } from './media.mjs';
import { defineScrolling } from './scrolling.mjs';
import { defineViews } from './views.mjs';

const PLAIN_BEHAVIORS = ['wx://form-field-button', 'wx://form-field-group', 'wx://proxy-scroll-view', 'wx://component-export'];

export function installBuiltins(wx) {
  defineViews(wx);
  defineScrolling();
  defineForms(wx);
  defineMedia();
  const field = {
    properties: { name: String, value: null },
    created() {
      this._$.isField = true;
    },
  };
  nameBehavior('wx://form-field', space.behavior().definition(field).register());
  for (const name of PLAIN_BEHAVIORS) nameBehavior(name, space.behavior().definition({}).register());
}

/** glass-easel's queries know no `node`; a canvas keeps its own as a property. */
export function answerNodes(instance) {
  const reference = Object.getPrototypeOf(instance.createSelectorQuery().select('page'));
  const { fields } = reference;
  reference.fields = function withNode(wanted, callback) {
    if (!wanted?.node) return fields.call(this, wanted, callback);
    return fields.call(this, { ...wanted, properties: [...(wanted.properties ?? []), 'node'] }, callback);
  };
  reference.node = function node(callback) {
    return this.fields({ node: true }, callback);
  };
}
