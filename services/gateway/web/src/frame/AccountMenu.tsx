/** Who is signed in, language, appearance, password, sign-out. */
import { Avatar, Menu, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconDeviceDesktop,
  IconKey,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSun,
  IconWand,
} from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { call } from '../api/http';
import { enter } from '../api/queries';
import { LANGUAGES, speak } from '../i18n';
import { initials } from '../i18n/format';
import { forgetStored } from '../lib/stored';
import { toastProblem } from '../lib/toast';
import { ChangePassword } from '../session/ChangePassword';
import { useSession } from '../session/context';

const SCHEMES = [
  { value: 'auto', text: 'app.themeAuto', Icon: IconDeviceDesktop },
  { value: 'light', text: 'app.themeLight', Icon: IconSun },
  { value: 'dark', text: 'app.themeDark', Icon: IconMoon },
] as const;

export function AccountMenu({ onHelp }: { onHelp: () => void }) {
  const { t, i18n } = useTranslation();
  const { user, has_access } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [changing, { open, close }] = useDisclosure();
  const signOut = useMutation({
    mutationFn: () => call('DELETE', '/api/session'),
    onSuccess: () => {
      // Drafts hold customers' matters; they do not outlive a sign-out on a shared machine.
      forgetStored('switchboard.draft.');
      navigate('/');
      enter(client, null);
    },
    onError: toastProblem,
  });

  return (
    <>
      <Menu position="bottom-end" width={240} shadow="md">
        <Menu.Target>
          <UnstyledButton aria-label={t('app.menu')}>
            <Avatar size={32} radius="xl" color="indigo" variant="filled" alt="">
              {initials(user.name)}
            </Avatar>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Text size="sm" fw={600} px="sm" pt={6} truncate>
            {user.name}
          </Text>
          <Text size="xs" c="dimmed" px="sm" pb={6} truncate>
            {user.email}
          </Text>
          <Menu.Divider />
          <Menu.Label>{t('app.language')}</Menu.Label>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <Menu.RadioItem
              key={code}
              value={code}
              lang={code}
              checked={i18n.language === code}
              closeMenuOnClick
              onChange={() => {
                void speak(code);
                // Here it holds anyway; elsewhere it shows from the next sign-in.
                call('PATCH', '/api/me', { body: { language: code } }).catch(() => {});
              }}
            >
              {name}
            </Menu.RadioItem>
          ))}
          <Menu.Label>{t('app.theme')}</Menu.Label>
          {SCHEMES.map(({ value, text, Icon }) => (
            <Menu.RadioItem
              key={value}
              value={value}
              checked={colorScheme === value}
              onChange={() => setColorScheme(value)}
              rightSection={<Icon size={16} aria-hidden />}
            >
              {t(text)}
            </Menu.RadioItem>
          ))}
          <Menu.Divider />
          {has_access && (
            <Menu.Item component={Link} to="/macros" leftSection={<IconWand size={16} aria-hidden />}>
              {t('app.macros')}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={onHelp}>
            {t('keys.open')}
          </Menu.Item>
          <Menu.Item leftSection={<IconKey size={16} aria-hidden />} onClick={open}>
            {t('app.changePassword')}
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => signOut.mutate()}>
            {t('app.signOut')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ChangePassword opened={changing} onClose={close} />
    </>
  );
}
