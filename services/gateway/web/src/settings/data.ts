/** Settings objects by kind, as lists and one by one. */
import { type QueryClient, useQuery } from '@tanstack/react-query';
import { call, withQuery } from '../api/http';
import { useAgents } from '../api/queries';
import type { KindInfo, Named, Stored } from '../api/types';
import * as wire from '../api/wire';
import { useSession } from '../session/context';

export const SINGLETON = '-';

export function useKinds() {
  return useQuery({
    queryKey: ['kinds'],
    queryFn: async (): Promise<KindInfo[]> => wire.kinds(await call('GET', '/api/settings')),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Everything of a kind, by name; settings are few (thousands at most). */
async function readAll(kind: string): Promise<Stored[]> {
  const items: Stored[] = [];
  let after: string | null = null;
  for (;;) {
    const page: { items: Stored[]; next: string | null } = wire.page<Stored>(wire.stored)(
      await call('GET', withQuery(`/api/settings/${kind}`, { after, limit: 1000 })),
    );
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
}

export function useObjects(kind: string, enabled = true) {
  return useQuery({ queryKey: ['settings', kind], queryFn: () => readAll(kind), enabled });
}

export function useObject(kind: string, id: string) {
  return useQuery({
    queryKey: ['settings', kind, id],
    queryFn: async () => wire.stored(await call('GET', `/api/settings/${kind}/${encodeURIComponent(id)}`)),
    // A form is filled from it: what another admin saves meanwhile must not change it under one's hands.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnMount: 'always',
  });
}

export function nameOf(stored: Stored): string {
  const { name, email } = stored.value;
  return typeof name === 'string' && name ? name : typeof email === 'string' ? email : stored.id;
}

/** Agents read no settings; what they may refer to comes with their session. */
export function useNamesOf(kind: string, enabled = true): Named[] {
  const { user, workspace } = useSession();
  const admin = user.role === 'admin';
  const objects = useObjects(kind, enabled && admin).data ?? [];
  const agents = useAgents().data ?? [];
  if (admin) return objects.map((stored) => ({ id: stored.id, name: nameOf(stored) }));
  switch (kind) {
    case 'users':
      return agents;
    case 'virtual-agents':
      return workspace.virtual_agents;
    case 'contact-attributes':
      return workspace.attributes;
    case 'resolve-reasons':
      return workspace.reasons;
    case 'channels':
    case 'teams':
    case 'topics':
    case 'labels':
      return workspace[kind];
    default:
      return [];
  }
}

export function refreshKind(client: QueryClient, kind: string): void {
  void client.invalidateQueries({ queryKey: ['settings', kind], exact: true });
}
