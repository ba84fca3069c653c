/** What a resolve asks for, by the workspace's settings (WF-24, WF-26); the gateway checks again. */
import type { Row, Scope, Workspace } from '../../api/types';

type Placed = Pick<Row, 'channel' | 'visibility'>;

function covers(scope: Scope, { channel, visibility }: Placed): boolean {
  return (
    (scope.channels.length === 0 || scope.channels.includes(channel)) &&
    (scope.visibilities.length === 0 || scope.visibilities.includes(visibility))
  );
}

export function reasonsApply({ resolve_reasons, reasons }: Workspace, row: Placed): boolean {
  return resolve_reasons.enabled && reasons.length > 0 && covers(resolve_reasons.scope, row);
}

export function topicMissing(
  { topic_required }: Workspace,
  row: Pick<Row, 'channel' | 'visibility' | 'topics'>,
): boolean {
  return topic_required.enabled && row.topics.length === 0 && covers(topic_required.scope, row);
}
