/** The files of the reply under way, with their progress. */
import { ActionIcon, Progress, Text } from '@mantine/core';
import { IconPaperclip, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { fileSize } from '../../i18n/format';
import classes from './composer.module.css';
import type { Uploads } from './useUploads';

export function FileList({ uploads }: { uploads: Uploads }) {
  const { t } = useTranslation();
  if (uploads.items.length === 0 && uploads.problems.length === 0) return null;
  return (
    <div className={classes.files}>
      {uploads.problems.map((problem) => (
        <Text key={problem} size="xs" c="red" role="alert">
          {problem}
        </Text>
      ))}
      <ul>
        {uploads.items.map(({ key, name, size, percent, attachment }) => (
          <li key={key} className={classes.file}>
            <IconPaperclip size={14} aria-hidden />
            <span className={classes.fileName} title={name}>
              {name}
            </span>
            {attachment ? (
              <span style={{ whiteSpace: 'nowrap' }}>{fileSize(size)}</span>
            ) : (
              <Progress
                value={percent}
                w={70}
                size="sm"
                aria-label={t('composer.uploading', { name, percent })}
              />
            )}
            <ActionIcon
              size={18}
              variant="subtle"
              color="gray"
              aria-label={t('composer.removeFile', { name })}
              onClick={() => uploads.remove(key)}
            >
              <IconX size={13} aria-hidden />
            </ActionIcon>
          </li>
        ))}
      </ul>
    </div>
  );
}
