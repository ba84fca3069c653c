/** What the schema does not say: which kind of object an id names, where that depends on the model or a neighbour. */
import type { Field, Shape } from './schema';
import type { Value } from './values';

const one = (resource: string): Shape => ({ kind: 'reference', resource });
const many = (resource: string): Shape => ({ kind: 'references', resource });

const FIXED: Record<string, Shape> = {
  'ChangeTopics.add': many('topics'),
  'ChangeTopics.remove': many('topics'),
  'ChangeLabels.add': many('labels'),
  'ChangeLabels.remove': many('labels'),
  'AssignTeam.team': one('teams'),
  'Owner.id': one('users'),
  'Resolve.reason': one('resolve-reasons'),
};

const MULTILINE = new Set(['WriteNoteAct.text', 'SendTextAct.text', 'KeywordCondition.keywords']);

/** By what a skill rule is about. */
const SKILL_VALUES: Record<string, Shape> = {
  topic: many('topics'),
  channel: many('channels'),
  visibility: { kind: 'choices', values: ['private', 'public'] },
};

const PRIORITY_IDS: Record<string, Shape> = { topic: one('topics'), channel: one('channels') };

/** The shape to draw for a field of a model, given its neighbours' values; null hides the field. */
export function shapeFor(model: string, name: string, field: Field, siblings: Value): Shape | null {
  const key = `${model}.${name}`;
  const fixed = FIXED[key];
  if (fixed) return fixed;
  if (field.shape.kind === 'text' && MULTILINE.has(key)) return { ...field.shape, multiline: true };
  if (key === 'SkillRule.values') {
    if (siblings.operator === 'is_empty') return null;
    return SKILL_VALUES[String(siblings.field)] ?? field.shape;
  }
  if (key === 'PriorityEntry.id') return PRIORITY_IDS[String(siblings.what)] ?? field.shape;
  if (key === 'PriorityEntry.visibility' && siblings.what !== 'channel') return null;
  if (key === 'ContactAttribute.options' && siblings.type !== 'list') return null;
  return field.shape;
}

/** Values that another choice makes meaningless are emptied with it. */
export function onNeighbourChanged(model: string, name: string, value: Value): Value {
  if (model === 'SkillRule' && name === 'field') return { ...value, values: [] };
  if (model === 'PriorityEntry' && name === 'what') return { ...value, id: '', visibility: null };
  return value;
}
