/** The audit trail in words: who, what, when (PR-01). Facts that a message or another line shows already are left out. */
import type { TFunction } from 'i18next';
import type { Actor, Fact, Owner, Row, TrailEntry, Workspace } from '../../api/types';
import { dateAndTime, languageName } from '../../i18n/format';
import type { Names } from '../../session/context';
import { statusWord } from '../words';

export interface AuditLine {
  key: string;
  at: string;
  text: string;
}

interface Words {
  t: TFunction;
  names: Names;
  vocabulary: Workspace['vocabulary'];
}

const HOW = [
  'automatic',
  'manual',
  'reply',
  'rule',
  'delegation',
  'hand_back',
  'sign_out',
  'resolve',
  'deactivated',
  'redistribute',
] as const;
const CLOSED = [
  'agent',
  'bulk',
  'inactivity',
  'idle_answered',
  'automation',
  'virtual_agent',
  'muted',
] as const;

const LEAVING = [
  'script_ended',
  'escape_word',
  'contact_timeout',
  'agent_timeout',
  'failure',
  'handed_over',
  'resolved',
  'no_script',
  'budget',
  'unavailable',
] as const;
const SKIPPED = [
  'no_survey',
  'public',
  'reasons_disabled',
  'reason_not_solution',
  'resolver',
  'bulk',
  'system',
  'too_short',
  'language',
  'frequency',
  'sampling',
  'reopened',
  'muted',
  'window',
  'survey_disabled',
] as const;

function left({ t }: Words, fact: Fact): string {
  const known = LEAVING.find((one) => one === fact.why);
  const detail = typeof fact.detail === 'string' && fact.detail ? ` (${fact.detail})` : '';
  const why = `${known ? t(`trail.leaving.${known}`) : String(fact.why ?? '')}${detail}`;
  return t('trail.facts.virtual_agent_left', { why });
}

function skipped({ t }: Words, reason: string): string {
  const known = SKIPPED.find((one) => one === reason);
  return t('trail.facts.survey_skipped', { reason: known ? t(`trail.skipped.${known}`) : reason });
}

function ruleApplied({ t }: Words, fact: Fact): string {
  const failed = texts(fact.failed).join(', ');
  const name = String(fact.name ?? '');
  if (fact.macro === true)
    return failed
      ? t('trail.facts.macro_failed', { name, failed })
      : t('trail.facts.macro_applied', { name });
  return failed ? t('trail.facts.rule_failed', { name, failed }) : t('trail.facts.rule_applied', { name });
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function listed(ids: unknown, names: ReadonlyMap<string, { name: string }>): string {
  return texts(ids)
    .map((id) => names.get(id)?.name ?? id)
    .join(', ');
}

function status({ t, vocabulary }: Words, name: unknown, substatus: unknown): string {
  return statusWord(t, vocabulary, { status: name, substatus } as Pick<Row, 'status' | 'substatus'>);
}

function how({ t }: Words, value: unknown): string {
  const known = HOW.find((one) => one === value);
  return known ? t(`trail.how.${known}`) : String(value ?? '');
}

function resolved(words: Words, fact: Fact): string {
  const { t, names } = words;
  const by = CLOSED.find((one) => one === fact.closed_by) ?? 'agent';
  const closed = t(`trail.closed.${by}`);
  if (typeof fact.reason !== 'string') return t('trail.facts.resolved', { how: closed });
  return t('trail.facts.resolved_reason', {
    how: closed,
    reason: names.reasons.get(fact.reason)?.name ?? fact.reason,
  });
}

function ownerChanged(words: Words, fact: Fact): string {
  const { t, names } = words;
  const name = (owner: unknown) => names.owner(owner as Owner);
  const why = how(words, fact.how);
  return fact.after
    ? t('trail.facts.owner_set', { after: name(fact.after), how: why })
    : t('trail.facts.owner_cleared', { before: name(fact.before), how: why });
}

function addedAndRemoved(
  t: TFunction,
  fact: Fact,
  what: 'topics' | 'labels',
  names: ReadonlyMap<string, { name: string }>,
): string {
  const parts: string[] = [];
  if (texts(fact.added).length)
    parts.push(t(`trail.facts.${what}_added`, { names: listed(fact.added, names) }));
  if (texts(fact.removed).length)
    parts.push(t(`trail.facts.${what}_removed`, { names: listed(fact.removed, names) }));
  return parts.join(' · ');
}

function language(t: TFunction, fact: Fact): string {
  if (typeof fact.after !== 'string') return t('trail.facts.language_cleared');
  const after = languageName(fact.after);
  return fact.detected
    ? t('trail.facts.language_detected', { after })
    : t('trail.facts.language_changed', { after });
}

function boomerang(t: TFunction, fact: Fact): string {
  if (fact.what === 'cancelled') return t('trail.facts.boomerang_cancelled');
  const said =
    fact.what === 'fired'
      ? t('trail.facts.boomerang_fired')
      : t('trail.facts.boomerang_set', { time: dateAndTime(String(fact.due)) });
  return fact.note ? `${said}: ${String(fact.note)}` : said;
}

/** One fact in words; null for what needs no line of its own. */
export function factWords(words: Words, fact: Fact): string | null {
  const { t, names } = words;
  const text = (field: string) => String(fact[field] ?? '');
  switch (fact.fact) {
    case 'message_added':
    case 'turn_opened':
      return null;
    case 'episode_opened':
      return t(fact.proactive ? 'trail.facts.episode_opened_proactive' : 'trail.facts.episode_opened', {
        episode: fact.episode,
      });
    case 'status_changed': {
      // Arriving takes a moment, and says nothing that its end does not say.
      if (fact.after === 'triage') return null;
      const after = status(words, fact.after, fact.after_substatus);
      if (!fact.before || fact.before === 'triage') return t('trail.facts.status_opened', { after });
      const before = status(words, fact.before, fact.before_substatus);
      return before === after ? null : t('trail.facts.status_changed', { before, after });
    }
    case 'owner_changed':
      return ownerChanged(words, fact);
    case 'team_changed':
      return fact.after
        ? t('trail.facts.team_set', { after: names.teams.get(text('after'))?.name ?? text('after') })
        : t('trail.facts.team_cleared', { before: names.teams.get(text('before'))?.name ?? text('before') });
    case 'routed': {
      const teams = listed(fact.teams, names.teams);
      return teams
        ? t('trail.facts.routed', { teams, score: fact.score })
        : t('trail.facts.routed_nowhere', { score: fact.score });
    }
    case 'turn_ended':
      return t('trail.facts.turn_ended');
    case 'turn_waived':
      return t('trail.facts.turn_waived');
    case 'turn_merged':
      return t('trail.facts.turn_merged');
    case 'reply_failed':
      return fact.uncertain
        ? t('trail.facts.reply_uncertain')
        : t('trail.facts.reply_failed', { reason: text('reason') });
    case 'resolved':
      return resolved(words, fact);
    case 'topics_changed':
      return addedAndRemoved(t, fact, 'topics', names.topics);
    case 'labels_changed':
      return addedAndRemoved(t, fact, 'labels', names.labels);
    case 'boost_changed':
      return t('trail.facts.boost_changed', { before: fact.before, after: fact.after });
    case 'language_changed':
      return language(t, fact);
    case 'boomerang_changed':
      return boomerang(t, fact);
    case 'rule_applied':
      return ruleApplied(words, fact);
    case 'virtual_agent_left':
      return left(words, fact);
    case 'automation_stopped':
      return t('trail.facts.automation_stopped', { limit: fact.limit });
    case 'rule_too_late':
      return t('trail.facts.rule_too_late', { name: text('name') });
    case 'invitation_opened':
      return t('trail.facts.invitation_opened');
    case 'survey_answered':
      return t('trail.facts.survey_answered');
    case 'survey_commented':
      return t('trail.facts.survey_commented');
    case 'survey_decided':
      return fact.sent ? t('trail.facts.survey_sent') : skipped(words, text('reason'));
    case 'thread_blocked':
      return t(fact.lifted ? 'trail.facts.thread_unblocked' : 'trail.facts.thread_blocked');
    default:
      return t('trail.facts.other', { fact: fact.fact.replaceAll('_', ' ') });
  }
}

export function actorWords({ t, names }: Words, by: Actor): string {
  return by.name || names.agents.get(by.id)?.name || t(`trail.actors.${by.kind}`);
}

/** One line for what one actor did at once: the facts of an entry stand side by side. */
export function auditLines(words: Words, trail: readonly TrailEntry[]): AuditLine[] {
  return trail.flatMap((entry) => {
    const lines: (AuditLine & { actor: string })[] = [];
    const resolves = entry.changes.some(({ fact }) => fact === 'resolved');
    for (const [index, fact] of entry.changes.entries()) {
      // "Resolved, by whom and why" says the status too.
      if (resolves && fact.fact === 'status_changed') continue;
      const said = factWords(words, fact);
      if (!said) continue;
      const actor = actorWords(words, fact.by);
      const last = lines[lines.length - 1];
      if (last?.actor === actor) last.text += ` · ${said}`;
      else
        lines.push({
          key: `${entry.version}.${index}`,
          at: fact.at || entry.at,
          text: `${actor} · ${said}`,
          actor,
        });
    }
    return lines;
  });
}
