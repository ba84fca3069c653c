/** Figures of satisfaction surveys and the answers behind them, as the gateway gives them (CS-12). */

import type { Session } from '../api/types';
import { record, type Wire } from '../api/wire';

export interface Figures {
  sent: number;
  answered: number;
  responseRate: number | null;
  satisfaction: number | null;
  average: number | null;
  /** Option's number and how many chose it, lowest first. */
  distribution: { number: number; count: number }[];
}

export interface Answer {
  id: string;
  conversation: string;
  agent: string | null;
  channel: string;
  number: number;
  label: string;
  emoji: string | null;
  positive: boolean;
  answeredAt: string;
  commented: boolean;
}

function numberOr(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

export function readFigures(value: unknown): Figures {
  const from = record(value);
  return {
    sent: numberOr(from.sent) ?? 0,
    answered: numberOr(from.answered) ?? 0,
    responseRate: numberOr(from.response_rate),
    satisfaction: numberOr(from.satisfaction),
    average: numberOr(from.average),
    distribution: Object.entries(record(from.distribution))
      .map(([number, count]) => ({ number: Number(number), count: Number(count) }))
      .sort((a, b) => a.number - b.number),
  };
}

export function readAnswer(from: Wire): Answer {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
  return {
    id: text(from.id) ?? '',
    conversation: text(from.conversation) ?? '',
    agent: text(from.agent),
    channel: text(from.channel) ?? '',
    number: numberOr(from.number) ?? 0,
    label: text(from.label) ?? '',
    emoji: text(from.emoji),
    positive: from.positive === true,
    answeredAt: text(from.answered_at) ?? '',
    commented: text(from.comment_message) !== null,
  };
}

export interface Narrowed {
  days: number;
  channel: string | null;
  team: string | null;
  agent: string | null;
}

/** Admins see all; a supervisor his channels; everybody his own (RP-04). */
export function readable({ user, rights }: Pick<Session, 'user' | 'rights'>, wanted: Narrowed): Narrowed {
  if (user.role === 'admin') return wanted;
  if (wanted.channel !== null && rights[wanted.channel] === 'supervisor') return wanted;
  return { ...wanted, agent: user.id };
}

/** Nothing to average is a dash, never 0. */
export function percent(value: number | null, language: string): string {
  if (value === null) return '–';
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(value / 100);
}
