/** Reads what the gateway sends into the page's types; what is missing gets its empty value, once, here. */
import { actor, list, number, optional, optionalActor, record, text, texts, type Wire } from './read';
import type {
  Agent,
  Attachment,
  AttributeDefinition,
  AttributeValue,
  Availability,
  Boomerang,
  ChannelName,
  Coloured,
  Contact,
  Detail,
  Fact,
  Message,
  Named,
  Notification,
  Owner,
  QueueCounts,
  Right,
  Row,
  Scope,
  Session,
  Sla,
  Thread,
  TrailEntry,
  Visibility,
} from './types';

export { actor, page, record, type Wire } from './read';
export * from './wireSettings';

function owner(wire: unknown): Owner | null {
  const { kind, id } = record(wire);
  return typeof id === 'string' ? { kind: text(kind, 'agent') as Owner['kind'], id } : null;
}

function boomerang(wire: unknown): Boomerang | null {
  const { at, note, by } = record(wire);
  return typeof at === 'string' ? { at, note: text(note), by: actor(by) } : null;
}

function sla(wire: unknown): Sla | null {
  const from = record(wire);
  if (typeof from.due_at !== 'string' && typeof from.breach_at !== 'string') return null;
  return {
    kind: text(from.kind, 'next') as Sla['kind'],
    policy_name: text(from.policy_name),
    target_seconds: number(from.target_seconds),
    warn_at: optional(from.warn_at),
    due_at: optional(from.due_at),
    breach_at: optional(from.breach_at),
    remaining_seconds: number(from.remaining_seconds),
    paused: from.paused === true,
    as_of: text(from.as_of),
    pauses_at: optional(from.pauses_at),
    resumes_at: optional(from.resumes_at),
  };
}

export function row(wire: unknown): Row {
  const from = record(wire);
  const priority = record(from.priority);
  return {
    id: text(from.id),
    version: number(from.version),
    channel: text(from.channel),
    medium: text(from.medium, 'webhook') as Row['medium'],
    visibility: text(from.visibility, 'private') as Visibility,
    kind: text(from.kind),
    contact: text(from.contact),
    contact_name: text(from.contact_name),
    subject: optional(from.subject),
    preview: text(from.preview),
    preview_by: optional(from.preview_by) as Row['preview_by'],
    preview_masked: from.preview_masked === true,
    preview_attachments: number(from.preview_attachments),
    vip: from.vip === true,
    status: text(from.status, 'new') as Row['status'],
    substatus: optional(from.substatus) as Row['substatus'],
    status_number: number(from.status_number),
    status_since: text(from.status_since),
    owner: owner(from.owner),
    team: optional(from.team),
    teams: texts(from.teams),
    topics: texts(from.topics),
    labels: texts(from.labels),
    language: optional(from.language),
    priority: {
      score: number(priority.score),
      boost: number(priority.boost),
      matches: texts(priority.matches),
    },
    boomerang: boomerang(from.boomerang),
    episode: number(from.episode),
    waiting_since: optional(from.waiting_since),
    last_message_at: optional(from.last_message_at),
    last_inbound: optional(from.last_inbound),
    notice: optional(from.notice),
    closed_by: optional(from.closed_by),
    resolve_reason: optional(from.resolve_reason),
    sla: sla(from.sla),
  };
}

export interface ContactRead {
  contact: Contact;
  threads: Thread[];
  conversations: Row[];
}

export interface BulkResult {
  id: string;
  ok: boolean;
  detail: string;
  row: Row | null;
}

export function bulkResults(wire: unknown): BulkResult[] {
  return list(record(wire).results).map((one) => {
    const of = record(one);
    return {
      id: text(of.id),
      ok: number(of.status, 500) < 400,
      detail: text(of.detail),
      row: of.row ? row(of.row) : null,
    };
  });
}

export function contact(wire: unknown): Contact {
  const from = record(wire);
  return {
    id: text(from.id),
    version: number(from.version),
    name: text(from.name),
    address: text(from.address),
    attributes: record(from.attributes) as Record<string, AttributeValue>,
    groups: texts(from.groups),
    labels: texts(from.labels),
    language: optional(from.language),
    language_manual: from.language_manual === true,
    vip: from.vip === true,
    muted_on: texts(from.muted_on),
  };
}

export function detail(wire: unknown): Detail {
  const from = record(wire);
  return {
    row: row(from.row),
    contact: from.contact ? contact(from.contact) : null,
    may: record(from.may) as Detail['may'],
  };
}

/** The contact with those of its conversations that the reader may see. */
export function contactRead(wire: unknown): ContactRead {
  const from = record(wire);
  return {
    contact: contact(from.contact),
    threads: list(from.threads).map(thread),
    conversations: list(from.conversations).map(row),
  };
}

function thread(wire: unknown): Thread {
  const from = record(wire);
  return {
    channel: text(from.channel),
    address: text(from.address),
    visibility: text(from.visibility, 'private') as Visibility,
  };
}

export function attachment(wire: unknown): Attachment {
  const from = record(wire);
  return {
    id: optional(from.id),
    name: text(from.name),
    type: text(from.type),
    size: typeof from.size === 'number' ? from.size : null,
    url: optional(from.url),
    problem: optional(from.problem),
    inline: from.inline === true,
  };
}

export function message(wire: unknown): Message {
  const from = record(wire);
  return {
    id: text(from.id),
    version: number(from.version),
    conversation: text(from.conversation),
    direction: text(from.direction, 'inbound') as Message['direction'],
    visibility: text(from.visibility, 'private') as Visibility,
    kind: text(from.kind),
    author: actor(from.author),
    text: text(from.text),
    html: optional(from.html),
    remote_images: from.remote_images === true,
    subject: optional(from.subject),
    attachments: list(from.attachments).map(attachment),
    tags: texts(from.tags),
    sent_at: text(from.sent_at),
    received_at: text(from.received_at),
    link: optional(from.link),
    delivery: optional(from.delivery) as Message['delivery'],
    failure: optional(from.failure),
    automatic: from.automatic === true,
    automatic_reply: from.automatic_reply === true,
    in_reply_to: optional(from.in_reply_to),
    mentions: texts(from.mentions),
    edited_at: optional(from.edited_at),
    deleted: from.deleted === true,
    masked_by: optionalActor(from.masked_by),
    masked_at: optional(from.masked_at),
  };
}

function fact(wire: unknown): Fact {
  const from = record(wire);
  return {
    ...from,
    fact: text(from.fact),
    at: text(from.at),
    by: actor(from.by),
    episode: number(from.episode),
  };
}

export function trailEntry(wire: Wire): TrailEntry {
  return {
    event: text(wire.event),
    at: text(wire.at),
    by: actor(wire.by),
    version: number(wire.version),
    changes: list(wire.changes).map(fact),
  };
}

export function agent(wire: unknown): Agent {
  const from = record(wire);
  return {
    id: text(from.id),
    name: text(from.name),
    email: text(from.email),
    availability: text(from.availability, 'offline') as Availability,
    away_state: optional(from.away_state),
    since: optional(from.since),
    open_conversations: number(from.open_conversations),
  };
}

export function counts(wire: unknown): QueueCounts {
  const from = record(wire);
  const channels: QueueCounts['channels'] = {};
  for (const [id, value] of Object.entries(record(from.channels))) {
    const of = record(value);
    channels[id] = { new: number(of.new), pending: number(of.pending) };
  }
  return {
    new: number(from.new),
    pending: number(from.pending),
    bot: number(from.bot),
    channels,
  };
}

export function notification(wire: unknown): Notification {
  const from = record(wire);
  return {
    id: text(from.id),
    kind: text(from.kind),
    conversation: optional(from.conversation),
    contact_name: text(from.contact_name),
    at: text(from.at),
    by: optionalActor(from.by),
    text: text(from.text),
    read: from.read === true,
  };
}

export function notifications(wire: unknown): { items: Notification[]; unread: number } {
  const from = record(wire);
  const items = list(from.items).map(notification);
  return { items, unread: number(from.unread, items.filter((one) => !one.read).length) };
}

function named(wire: unknown): Named {
  const from = record(wire);
  return { id: text(from.id), name: text(from.name) };
}

function coloured(wire: unknown): Coloured {
  return { ...named(wire), colour: text(record(wire).colour, '#868e96') };
}

function channelName(wire: unknown): ChannelName {
  const from = record(wire);
  return {
    ...named(wire),
    handle: text(from.handle),
    medium: text(from.medium, 'webhook') as ChannelName['medium'],
    enabled: from.enabled !== false,
    capabilities: texts(from.capabilities),
    max_attachment_mb: number(from.max_attachment_mb, 20),
    attachment_types: texts(from.attachment_types),
    muting: from.muting === true,
    reply_window_hours: typeof from.reply_window_hours === 'number' ? from.reply_window_hours : null,
  };
}

function attributeDefinition(wire: unknown): AttributeDefinition {
  const from = record(wire);
  return {
    ...named(wire),
    type: text(from.type, 'text') as AttributeDefinition['type'],
    options: texts(from.options),
  };
}

function scope(wire: unknown): Scope {
  const from = record(wire);
  return { channels: texts(from.channels), visibilities: texts(from.visibilities) as Visibility[] };
}

export function session(wire: unknown): Session {
  const from = record(wire);
  const user = record(from.user);
  const presence = record(from.availability);
  const workspace = record(from.workspace);
  const reasons = record(workspace.resolve_reasons);
  const topics = record(workspace.topic_required);
  return {
    user: {
      ...named(user),
      email: text(user.email),
      role: text(user.role, 'agent') as Session['user']['role'],
      language: text(user.language, 'en'),
      default_availability: text(user.default_availability, 'available') as Availability,
      must_change_password: user.must_change_password === true,
    },
    csrf: text(from.csrf),
    has_access: from.has_access !== false,
    rights: record(from.rights) as Record<string, Right>,
    availability: text(presence.availability, 'offline') as Availability,
    away_state: optional(presence.away_state),
    workspace: {
      vocabulary: workspace.vocabulary === 'ticket' ? 'ticket' : 'queue',
      viewer_can_triage: workspace.viewer_can_triage === true,
      resolve_reasons: {
        enabled: reasons.enabled === true,
        required: reasons.required === true,
        scope: scope(reasons.scope),
      },
      topic_required: { enabled: topics.enabled === true, scope: scope(topics.scope) },
      channels: list(workspace.channels).map(channelName),
      teams: list(workspace.teams).map(named),
      topics: list(workspace.topics).map(coloured),
      labels: list(workspace.labels).map((one) => ({ ...coloured(one), scopes: texts(record(one).scopes) })),
      reasons: list(workspace.reasons).map((one) => ({
        ...named(one),
        solution_provided: record(one).solution_provided === true,
      })),
      away_states: list(workspace.away_states).map(named),
      attributes: list(workspace.attributes).map(attributeDefinition),
      languages: texts(workspace.languages),
      virtual_agents: list(workspace.virtual_agents).map((one) => ({
        ...named(one),
        activation: record(one).activation === 'inception' ? 'inception' : 'delegation',
        channels: texts(record(one).channels),
      })),
    },
  };
}
