/** The mark of a channel's network. */
import {
  IconBrandInstagram,
  IconBrandLine,
  IconBrandMessenger,
  IconBrandTelegram,
  IconBrandWhatsapp,
  IconBrandX,
  IconDeviceMobileMessage,
  IconMail,
  IconMessageCircle,
  IconWebhook,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Medium } from '../api/types';

const ICONS = {
  webhook: IconWebhook,
  webchat: IconMessageCircle,
  email: IconMail,
  whatsapp: IconBrandWhatsapp,
  messenger: IconBrandMessenger,
  instagram: IconBrandInstagram,
  x: IconBrandX,
  telegram: IconBrandTelegram,
  sms: IconDeviceMobileMessage,
  line: IconBrandLine,
} satisfies Record<Medium, unknown>;

export function MediumIcon({
  medium,
  channel,
  size = 16,
}: {
  medium: Medium;
  channel?: string;
  size?: number;
}) {
  const { t } = useTranslation();
  const Icon = ICONS[medium] ?? IconWebhook;
  const label = channel ? `${t(`medium.${medium}`)}: ${channel}` : t(`medium.${medium}`);
  return <Icon size={size} role="img" aria-label={label} style={{ flex: 'none' }} />;
}
