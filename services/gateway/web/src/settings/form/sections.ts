/** Long forms in parts: which fields of a model stand together, and which are folded away. */

export interface FieldSection {
  title:
    | 'receiving'
    | 'sending'
    | 'oauth'
    | 'advanced'
    | 'limits'
    | 'timeouts'
    | 'eligible'
    | 'sendingSurvey';
  fields: readonly string[];
  folded?: boolean;
}

const TIMEOUTS: FieldSection = {
  title: 'timeouts',
  fields: [
    'contact_timeout_minutes',
    'contact_timeout_then',
    'agent_timeout_seconds',
    'agent_timeout_then',
    'inactive_minutes',
  ],
};

export const SECTIONS: Record<string, readonly FieldSection[]> = {
  EmailConfig: [
    { title: 'receiving', fields: ['imap_host', 'imap_port', 'imap_security', 'imap_user', 'imap_password'] },
    { title: 'sending', fields: ['smtp_host', 'smtp_port', 'smtp_security', 'smtp_user', 'smtp_password'] },
    {
      title: 'oauth',
      fields: [
        'oauth_token_url',
        'oauth_client_id',
        'oauth_client_secret',
        'oauth_refresh_token',
        'oauth_scope',
      ],
    },
    { title: 'advanced', folded: true, fields: ['imap_folder', 'plus_addresses', 'import_days'] },
  ],
  Channel: [
    {
      title: 'limits',
      folded: true,
      fields: ['max_attachment_mb', 'attachment_types', 'auto_assign', 'reply_window_hours'],
    },
  ],
  AutoResponder: [TIMEOUTS],
  VirtualAgent: [TIMEOUTS],
  Survey: [
    {
      title: 'eligible',
      fields: [
        'percent',
        'frequency_days',
        'minimum_length',
        'include_virtual_agents',
        'only_contact_language',
        'default_language',
      ],
    },
    {
      title: 'sendingSurvey',
      folded: true,
      fields: ['delay_minutes', 'expires_days', 'page_link', 'positive_options'],
    },
  ],
};
