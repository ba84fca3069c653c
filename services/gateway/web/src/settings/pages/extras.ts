/** What a kind shows besides its form: above it, under its fields with what is typed, and below it. */
import type { ComponentType } from 'react';
import type { KindInfo, Stored } from '../../api/types';
import { AgentHealth } from '../extras/AgentHealth';
import { AgentKeys } from '../extras/AgentKeys';
import { MailTrial } from '../extras/MailTrial';
import { PolicyDue } from '../extras/PolicyDue';
import { WebhookLog } from '../extras/WebhookLog';
import type { Value } from '../form/values';
import { RuleRuns } from '../rules/RuleRuns';
import { RuleTrial } from '../rules/RuleTrial';
import { ScriptPreview } from '../scripts/ScriptPreview';
import { ChannelExtras } from './ChannelExtras';

export interface InsideProps {
  value: Value;
  stored: Stored | null;
  info: KindInfo;
}

interface Extras {
  above?: ComponentType<{ stored: Stored }>;
  inside?: ComponentType<InsideProps>;
  below?: ComponentType<{ stored: Stored }>;
}

export const EXTRAS: Record<string, Extras> = {
  channels: { above: ChannelExtras, inside: MailTrial },
  rules: { inside: RuleTrial, below: RuleRuns },
  'auto-responders': { inside: ScriptPreview },
  'virtual-agents': { above: AgentHealth, below: AgentKeys },
  policies: { inside: PolicyDue },
  webhooks: { below: WebhookLog },
};
