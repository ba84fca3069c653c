/** Fills in the servers of well-known mail providers, so that an admin need not look them up. */
import { Select, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { GuideProps } from '../form/editors';

interface Servers {
  imap: string;
  smtp: string;
  smtpPort?: number;
  oauth?: string;
}

const PROVIDERS: Record<string, Servers> = {
  'Gmail / Google Workspace': {
    imap: 'imap.gmail.com',
    smtp: 'smtp.gmail.com',
    oauth: 'https://oauth2.googleapis.com/token',
  },
  'Microsoft 365': {
    imap: 'outlook.office365.com',
    smtp: 'smtp.office365.com',
    oauth: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
  },
  Fastmail: { imap: 'imap.fastmail.com', smtp: 'smtp.fastmail.com' },
  'iCloud Mail': { imap: 'imap.mail.me.com', smtp: 'smtp.mail.me.com' },
  'Yahoo Mail': { imap: 'imap.mail.yahoo.com', smtp: 'smtp.mail.yahoo.com' },
  Zoho: { imap: 'imap.zoho.com', smtp: 'smtp.zoho.com' },
};

export function MailGuide({ value, onChange }: GuideProps) {
  const { t } = useTranslation('admin');
  const chosen = Object.entries(PROVIDERS).find(([, { imap }]) => imap === value.imap_host)?.[0] ?? null;

  function fill(name: string | null) {
    const servers = name ? PROVIDERS[name] : undefined;
    if (!servers) return;
    onChange({
      ...value,
      imap_host: servers.imap,
      imap_port: 993,
      imap_security: 'tls',
      smtp_host: servers.smtp,
      smtp_port: servers.smtpPort ?? 587,
      smtp_security: 'starttls',
      ...(servers.oauth && value.sign_in === 'oauth2' ? { oauth_token_url: servers.oauth } : {}),
    });
  }

  return (
    <div>
      <Select
        label={t('mail.provider')}
        description={t('mail.providerHint')}
        placeholder={t('mail.other')}
        maw={420}
        data={Object.keys(PROVIDERS)}
        value={chosen}
        onChange={fill}
      />
      {chosen && value.sign_in !== 'oauth2' && (
        <Text size="xs" c="dimmed" mt={4}>
          {t('mail.appPassword')}
        </Text>
      )}
    </div>
  );
}
