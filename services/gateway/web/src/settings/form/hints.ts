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
  'NotifyAct.agents': many('users'),
  'NotifyAct.teams': many('teams'),
  'Resolve.reason': one('resolve-reasons'),
};

const MULTILINE = new Set(['WriteNoteAct.text', 'SendTextAct.text']);

/** Fields that mean something only while a neighbour has one of these values. */
const WHEN: Record<string, { neighbour: string; is: readonly unknown[] }> = {
  'Rule.after_minutes': { neighbour: 'event', is: ['unanswered_for', 'pending_for'] },
  'Rule.working_time': { neighbour: 'event', is: ['unanswered_for', 'pending_for'] },
  'ContactAttribute.options': { neighbour: 'type', is: ['list'] },
  'EmailConfig.imap_password': { neighbour: 'sign_in', is: ['password'] },
  'EmailConfig.smtp_password': { neighbour: 'sign_in', is: ['password'] },
  'EmailConfig.oauth_token_url': { neighbour: 'sign_in', is: ['oauth2'] },
  'EmailConfig.oauth_client_id': { neighbour: 'sign_in', is: ['oauth2'] },
  'EmailConfig.oauth_client_secret': { neighbour: 'sign_in', is: ['oauth2'] },
  'EmailConfig.oauth_refresh_token': { neighbour: 'sign_in', is: ['oauth2'] },
  'EmailConfig.oauth_scope': { neighbour: 'sign_in', is: ['oauth2'] },
  'AutoResponder.hand_over': { neighbour: 'activation', is: ['delegation'] },
  'VirtualAgent.hand_over': { neighbour: 'activation', is: ['delegation'] },
};

/** Never drawn: a rule or macro gives a delay, not an instant. */
const HIDDEN = new Set(['BoomerangTime.at']);

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
  if (HIDDEN.has(key)) return null;
  const when = WHEN[key];
  if (when && !when.is.includes(siblings[when.neighbour])) return null;
  const fixed = FIXED[key];
  if (fixed) return fixed;
  if (field.shape.kind === 'text' && MULTILINE.has(key)) return { ...field.shape, multiline: true };
  if (key === 'SkillRule.values') {
    if (siblings.operator === 'is_empty') return null;
    return SKILL_VALUES[String(siblings.field)] ?? field.shape;
  }
  if (key === 'PriorityEntry.id') return PRIORITY_IDS[String(siblings.what)] ?? field.shape;
  if (key === 'PriorityEntry.visibility' && siblings.what !== 'channel') return null;
  if (key === 'BoomerangTime.after_seconds' && field.shape.kind === 'number')
    return { ...field.shape, unit: 's' };
  return field.shape;
}

/** Values that another choice makes meaningless are emptied with it. */
export function onNeighbourChanged(model: string, name: string, value: Value): Value {
  if (model === 'SkillRule' && name === 'field') return { ...value, values: [] };
  if (model === 'Rule' && name === 'event' && !WHEN['Rule.after_minutes']?.is.includes(value.event))
    return { ...value, after_minutes: null, working_time: false };
  if (model === 'PriorityEntry' && name === 'what') return { ...value, id: '', visibility: null };
  return value;
}
