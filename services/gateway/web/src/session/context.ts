/** Who is signed in, and names for the ids that rows carry. */
import { createContext, useContext, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useAgents } from '../api/queries';
import type { Action, Agent, ChannelName, Coloured, Detail, Named, Owner, Session } from '../api/types';

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession outside of a session');
  return session;
}

function byId<T extends Named>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

export interface Names {
  channels: Map<string, ChannelName>;
  teams: Map<string, Named>;
  topics: Map<string, Coloured>;
  labels: Map<string, Coloured>;
  reasons: Map<string, Named>;
  agents: Map<string, Agent>;
  owner: (owner: Owner | null) => string;
}

export function useNames(): Names {
  const { workspace, user } = useSession();
  const agents = useAgents().data;
  const { t } = useTranslation();
  return useMemo(() => {
    const people = byId(agents ?? []);
    const robots = byId(workspace.virtual_agents);
    return {
      channels: byId(workspace.channels),
      teams: byId(workspace.teams),
      topics: byId(workspace.topics),
      labels: byId(workspace.labels),
      reasons: byId(workspace.reasons),
      agents: people,
      owner: (owner) => {
        if (owner === null) return t('queue.unowned');
        if (owner.id === user.id) return user.name;
        return (
          people.get(owner.id)?.name ??
          robots.get(owner.id)?.name ??
          // Not read yet, or not there any more: an id says nothing to anybody.
          (owner.kind === 'virtual_agent' ? t('queue.virtualAgent') : agents ? t('trail.actors.agent') : '…')
        );
      },
    };
  }, [workspace, agents, user, t]);
}

export type Rights = Record<Action, boolean>;

/** What the signed-in user may do to a conversation (AG-02, AG-03), as the gateway said. */
export function rightsOf({ may }: Pick<Detail, 'may'>): Rights {
  const allowed = (action: Action) => may[action] === true;
  return {
    reply: allowed('reply'),
    note: allowed('note'),
    triage: allowed('triage'),
    arrange: allowed('arrange'),
    assign: allowed('assign'),
    mask: allowed('mask'),
    edit_contact: allowed('edit_contact'),
  };
}
