/** Keeps the live stream of a session open and lets its events reach what the page holds. */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type LiveState, openLive } from '../api/live';
import { idsOnScreen } from '../api/rows';
import { announce } from '../lib/announce';
import { useSession } from '../session/context';
import { contactName } from '../workspace/words';
import { applyLive, refreshAll } from './apply';

const LiveContext = createContext<LiveState>('connecting');

export function useLiveState(): LiveState {
  return useContext(LiveContext);
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const me = useSession().user.id;
  const { t } = useTranslation();
  const [state, setState] = useState<LiveState>('connecting');

  useEffect(
    () =>
      openLive({
        url: '/api/live',
        ids: () => idsOnScreen(client),
        onEvent: (event) =>
          applyLive(
            {
              client,
              me,
              onNewRow: (row) => announce(t('queue.arrived', { name: contactName(t, row) })),
              onMessage: (message) => {
                if (message.direction === 'inbound')
                  announce(t('queue.newMessage', { name: message.author.name || t('contact.somebody') }));
              },
            },
            event,
          ),
        onState: (next) => {
          // Whatever happened between reading the lists and opening the stream is read again.
          if (next === 'open') refreshAll(client);
          setState(next);
        },
        onSignedOut: () => void client.invalidateQueries({ queryKey: ['session'] }),
      }),
    [client, me, t],
  );

  return <LiveContext value={state}>{children}</LiveContext>;
}
