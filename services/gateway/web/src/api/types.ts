/** What the gateway says, as the page reads it. Instants are ISO-8601 in UTC. */

export type Status = 'triage' | 'bot' | 'new' | 'pending' | 'resolved';
export type Substatus = 'untouched' | 'open' | 'answered' | 'hold' | 'closed' | 'ignored';
export type Visibility = 'private' | 'public';
export type Medium =
  | 'webhook'
  | 'webchat'
  | 'email'
  | 'whatsapp'
  | 'messenger'
  | 'instagram'
  | 'x'
  | 'telegram'
  | 'sms'
  | 'line';
export type Delivery = 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed' | 'uncertain';
export type Availability = 'available' | 'away' | 'offline';
export type Right = 'viewer' | 'contributor' | 'supervisor';
export type Role = 'admin' | 'agent';
export type AttributeValue = string | number | boolean | string[];

export interface Actor {
  kind: 'agent' | 'contact' | 'virtual_agent' | 'rule' | 'api_key' | 'system';
  id: string;
  name: string;
}

export interface Owner {
  kind: 'agent' | 'virtual_agent';
  id: string;
}

export interface Boomerang {
  at: string;
  note: string;
  by: Actor;
}

/** A running clock as of `as_of`, with what it takes to count on without asking again (sla.md 12). */
export interface Sla {
  kind: 'first' | 'next' | 'resolution';
  policy_name: string;
  target_seconds: number;
  warn_at: string | null;
  due_at: string | null;
  breach_at: string | null;
  remaining_seconds: number;
  paused: boolean;
  as_of: string;
  pauses_at: string | null;
  resumes_at: string | null;
}

export interface Row {
  id: string;
  version: number;
  channel: string;
  medium: Medium;
  visibility: Visibility;
  kind: string;
  contact: string;
  contact_name: string;
  subject: string | null;
  preview: string;
  preview_by: 'contact' | 'agent' | 'note' | null;
  preview_masked: boolean;
  preview_attachments: number;
  vip: boolean;
  status: Status;
  substatus: Substatus | null;
  status_number: number;
  status_since: string;
  owner: Owner | null;
  team: string | null;
  teams: string[];
  topics: string[];
  labels: string[];
  language: string | null;
  priority: { score: number; boost: number; matches: string[] };
  boomerang: Boomerang | null;
  episode: number;
  waiting_since: string | null;
  last_message_at: string | null;
  /** The last inbound message routing knows: what `seen` is when no loaded message is inbound. */
  last_inbound: string | null;
  notice: string | null;
  closed_by: string | null;
  resolve_reason: string | null;
  sla: Sla | null;
}

export interface Contact {
  id: string;
  version: number;
  name: string;
  address: string;
  attributes: Record<string, AttributeValue>;
  groups: string[];
  labels: string[];
  language: string | null;
  language_manual: boolean;
  vip: boolean;
  /** Channels on which the contact is muted (CH-11). */
  muted_on: string[];
}

export interface Attachment {
  id: string | null;
  name: string;
  type: string;
  size: number | null;
  url: string | null;
  problem: string | null;
  /** The formatted original shows it in its place. */
  inline: boolean;
}

export interface Message {
  id: string;
  version: number;
  conversation: string;
  direction: 'inbound' | 'outbound' | 'internal';
  visibility: Visibility;
  kind: string;
  author: Actor;
  text: string;
  /** A whole original with layout and quotes can be had. */
  html: string | null;
  /** Its original would fetch pictures from elsewhere. */
  remote_images: boolean;
  subject: string | null;
  attachments: Attachment[];
  tags: string[];
  sent_at: string;
  received_at: string;
  link: string | null;
  delivery: Delivery | null;
  failure: string | null;
  automatic: boolean;
  /** A machine wrote it (RFC 3834). */
  automatic_reply: boolean;
  in_reply_to: string | null;
  mentions: string[];
  edited_at: string | null;
  deleted: boolean;
  masked_by: Actor | null;
  masked_at: string | null;
}

export interface Fact {
  fact: string;
  at: string;
  by: Actor;
  episode: number;
  [field: string]: unknown;
}

export interface TrailEntry {
  event: string;
  at: string;
  by: Actor;
  version: number;
  changes: Fact[];
}

export type Action = 'reply' | 'note' | 'triage' | 'arrange' | 'assign' | 'mask' | 'edit_contact';

export interface Detail {
  row: Row;
  contact: Contact | null;
  /** What the reader may do to it, as the gateway decides; absent actions are forbidden. */
  may: Partial<Record<Action, boolean>>;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Agent {
  id: string;
  name: string;
  email: string;
  availability: Availability;
  away_state: string | null;
  since: string | null;
  open_conversations: number;
}

export interface QueueCounts {
  new: number;
  pending: number;
  bot: number;
  channels: Record<string, { new: number; pending: number }>;
}

export interface Notification {
  id: string;
  kind: string;
  conversation: string | null;
  contact_name: string;
  at: string;
  by: Actor | null;
  text: string;
  read: boolean;
}

export interface Scope {
  channels: string[];
  visibilities: Visibility[];
}

export interface Named {
  id: string;
  name: string;
}

export interface ChannelName extends Named {
  handle: string;
  medium: Medium;
  enabled: boolean;
  capabilities: string[];
  max_attachment_mb: number;
  attachment_types: string[];
  reply_window_hours: number | null;
  /** Contacts can be muted here. */
  muting: boolean;
}

export interface VirtualAgentName extends Named {
  activation: 'inception' | 'delegation';
  channels: string[];
}

/** Where a contact can be written to. */
export interface Thread {
  channel: string;
  address: string;
  visibility: Visibility;
}

export interface Coloured extends Named {
  colour: string;
}

export interface AttributeDefinition extends Named {
  type: 'text' | 'number' | 'date' | 'list' | 'boolean' | 'url';
  options: string[];
}

export interface Workspace {
  vocabulary: 'queue' | 'ticket';
  viewer_can_triage: boolean;
  resolve_reasons: { enabled: boolean; required: boolean; scope: Scope };
  topic_required: { enabled: boolean; scope: Scope };
  channels: ChannelName[];
  teams: Named[];
  topics: Coloured[];
  labels: (Coloured & { scopes: string[] })[];
  reasons: (Named & { solution_provided: boolean })[];
  away_states: Named[];
  attributes: AttributeDefinition[];
  languages: string[];
  /** Those that a human may hand a conversation to. */
  virtual_agents: VirtualAgentName[];
}

export interface User extends Named {
  email: string;
  role: Role;
  language: string;
  default_availability: Availability;
  must_change_password: boolean;
}

export interface Session {
  user: User;
  csrf: string;
  has_access: boolean;
  rights: Record<string, Right>;
  availability: Availability;
  away_state: string | null;
  workspace: Workspace;
}

export interface BoomerangTime {
  at?: string;
  after_seconds?: number;
  note?: string;
}

export type Act =
  | { act: 'set_new' }
  | { act: 'set_pending'; boomerang?: BoomerangTime | null }
  | { act: 'resolve'; reason?: string | null; ignored?: boolean; boomerang?: BoomerangTime | null }
  | { act: 'assign_owner'; owner: Owner | null }
  | { act: 'assign_team'; team: string | null }
  | { act: 'change_topics'; add?: string[]; remove?: string[] }
  | { act: 'change_labels'; add?: string[]; remove?: string[] }
  | { act: 'set_boomerang'; boomerang: BoomerangTime }
  | { act: 'cancel_boomerang' }
  | { act: 'set_priority_boost'; boost: number }
  | { act: 'set_language'; language: string | null };

export interface Stored {
  id: string;
  kind: string;
  version: number;
  value: Record<string, unknown>;
  created_at: string;
  changed_at: string;
  changed_by: Actor;
  broken: string[];
  revealed: Record<string, string>;
  /** Dotted paths of the secrets that are set. */
  secrets: string[];
  warnings: string[];
}

export interface KindInfo {
  kind: string;
  title: string;
  singleton: boolean;
  schema: Record<string, unknown>;
}

export interface ApiKey {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  last_used_at: string | null;
  created_by: string;
  /** It only answers for this virtual agent. */
  virtual_agent: string | null;
  /** Only in the answer to its making. */
  key: string | null;
}

export interface AdminLogEntry {
  id: string;
  at: string;
  by: Actor;
  kind: string;
  object: string;
  name: string;
  action: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}
