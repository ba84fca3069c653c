/** Frases del servidor en español; la clave es la frase inglesa, «{}» lo que cambia en ella. */
import type { Phrases } from './said';

const phrases: Phrases = {
  // Sobre conversaciones y mensajes
  'A resolved conversation cannot be set to pending. Set it to new first.':
    'Una conversación resuelta no puede pasar a pendiente. Devuélvala antes a Nuevas.',
  'A resolved conversation has no owner to choose. Set it to new first.':
    'Una conversación resuelta no tiene propietario que elegir. Devuélvala antes a Nuevas.',
  'The conversation is resolved already. Set it to new first.':
    'La conversación ya está resuelta. Devuélvala antes a Nuevas.',
  'Choose a resolve reason.': 'Elija un motivo de resolución.',
  'There is no such resolve reason.': 'Ese motivo de resolución no existe.',
  'Add a topic before resolving.': 'Añada un tema antes de resolver.',
  'He is not activated, or may not reply on this channel.':
    'No está activado, o no puede responder en este canal.',
  'There is no such {}: {}.': 'No existe ({}): {}.',
  'That time is in the past. Choose a later one.': 'Esa hora ya pasó. Elija una posterior.',
  'A boomerang can be set on pending and resolved conversations.':
    'La hora de vuelta se pone en conversaciones pendientes y resueltas.',
  'Say when the conversation is to come back.': 'Diga cuándo debe volver la conversación.',
  'Nothing waits for you.': 'Nada le espera.',
  'Virtual agents answer private conversations only.':
    'Los agentes virtuales solo responden conversaciones privadas.',
  'There is no such virtual agent, or it is switched off.':
    'Ese agente virtual no existe o está desactivado.',
  'This virtual agent takes only what starts on its channels.':
    'Este agente virtual solo toma lo que empieza en sus canales.',
  'This virtual agent does not answer on this channel.': 'Este agente virtual no responde en este canal.',
  'This agent cannot be given conversations of this channel.':
    'A este agente no se le pueden dar conversaciones de este canal.',
  'There is no such team.': 'Ese equipo no existe.',
  'Status or owner changed meanwhile. Look again and repeat.':
    'El estado o el propietario cambió entretanto. Mire de nuevo y repita.',
  'A customer message arrived meanwhile. Look again and repeat.':
    'Entretanto llegó un mensaje del cliente. Mire de nuevo y repita.',
  'Only the thread of a public message that somebody wrote to us can be blocked.':
    'Solo se puede bloquear el hilo de un mensaje público que nos escribieron.',
  'Only its author, or who supervises here, may change a note.':
    'Una nota solo la cambia su autor o quien supervisa aquí.',
  'Only notes can be edited.': 'Solo se pueden cambiar las notas.',
  'The note is masked.': 'La nota está enmascarada.',
  'The message is still being sent: mask it when that has ended.':
    'El mensaje aún se está enviando: enmascárelo cuando termine.',
  'Only messages to the contact are sent.': 'Solo se envían mensajes al contacto.',
  'Only a message that failed or is uncertain can be tried again.':
    'Solo se reintenta un mensaje que falló o que es incierto.',
  'The message is masked: there is nothing left to send.':
    'El mensaje está enmascarado: no queda nada que enviar.',
  'A message may have at most {} tags.': 'Un mensaje tiene como mucho {} marcas.',
  'The channel is gone: nothing can be sent by it.': 'El canal ya no existe: nada se puede enviar por él.',
  'The channel is switched off: nothing can be sent by it.':
    'El canal está desactivado: nada se puede enviar por él.',
  'The channel has no address for replies: add one in its settings.':
    'El canal no tiene dirección para respuestas: añada una en sus ajustes.',
  'The channel is no mailbox any more: nothing can be sent by it.':
    'El canal ya no es un buzón: nada se puede enviar por él.',
  'The mail did not say who sent it: there is no address to write to.':
    'El correo no decía quién lo envió: no hay dirección a la que escribir.',
  'A machine wrote the last mail: nothing automatic is sent to it.':
    'El último correo lo escribió una máquina: no se le envía nada automático.',
  'A machine wrote the message: nothing automatic answers it.':
    'El mensaje lo escribió una máquina: nada automático lo responde.',
  'Only the first message of an episode resolves it.': 'Solo el primer mensaje de un episodio lo resuelve.',
  'The quoted message is not of this conversation.': 'El mensaje citado no es de esta conversación.',
  'The reply window of {} hours is over.': 'La ventana de respuesta de {} horas ha terminado.',
  'This channel cannot carry files.': 'Este canal no lleva archivos.',
  'This channel does not take files of type {}.': 'Este canal no admite archivos del tipo {}.',
  'A file of this channel may have at most {} MB.': 'Un archivo de este canal tiene como mucho {} MB.',
  'The file {} is not stored here.': 'El archivo {} no está guardado aquí.',
  'The file is empty.': 'El archivo está vacío.',
  'The file is larger than {} MB.': 'El archivo es mayor de {} MB.',
  'Some pieces of the file are missing: send it again.': 'Faltan partes del archivo: envíelo otra vez.',
  'An attachment needs a stored file or an http(s) address.':
    'Un adjunto necesita un archivo guardado o una dirección http(s).',
  'The server answered {}.': 'El servidor respondió {}.',
  'Nobody is known by that address on that channel.': 'Nadie es conocido por esa dirección en ese canal.',
  'There is no such message in this conversation.': 'Ese mensaje no existe en esta conversación.',
  'There is no message of the contact to tag.': 'No hay mensaje del contacto que marcar.',
  'Muting is switched off for this channel; an admin can switch it on.':
    'Silenciar está desactivado en este canal; un administrador puede activarlo.',
  // Sobre personas y sesiones
  'You do not have the right to do this.': 'No tiene permiso para hacer esto.',
  'Only a person who is signed in can do this, not an API key.':
    'Solo puede hacerlo una persona con sesión iniciada, no una clave de API.',
  'E-mail or password is wrong.': 'El correo o la contraseña no son correctos.',
  'This link was used already, or is too old: ask for a new one.':
    'Este enlace ya se usó o es demasiado antiguo: pida uno nuevo.',
  'The password so far is wrong.': 'La contraseña actual no es correcta.',
  'It is wrong.': 'No es correcta.',
  'Choose another one.': 'Elija otra.',
  'It is the same.': 'Es la misma.',
  'Activate the user first.': 'Active antes al usuario.',
  'Choose one of the away states.': 'Elija uno de los estados de ausencia.',
  'There is no such away state.': 'Ese estado de ausencia no existe.',
  'Too many requests; wait a little.': 'Demasiadas peticiones; espere un poco.',
  'Too many people are signing in at this moment; try again.':
    'Demasiadas personas inician sesión en este momento; pruebe otra vez.',
  'Preferences are 64 KiB at most, under 100 names.':
    'Las preferencias ocupan como mucho 64 KiB, con 100 nombres.',
  'The end lies before the start.': 'El final está antes del principio.',
  'The body is over the limit of this address.': 'Es demasiado grande para esta dirección.',
  // Sobre ajustes
  'Some fields are wrong; see errors.': 'Algunos campos no son correctos.',
  'Somebody changed it first: read it again and repeat your change.':
    'Alguien lo cambió antes: léalo de nuevo y repita su cambio.',
  'Something that only one may have is taken. Read again and repeat your change.':
    'Algo que solo uno puede tener está ocupado. Lea de nuevo y repita su cambio.',
  '“{}” has this name already, and only one may.': '«{}» ya tiene este nombre, y solo uno puede tenerlo.',
  '“{}” has {} already, and only one may.': '«{}» ya tiene {}, y solo uno puede tenerlo.',
  'Too many admins are being changed at once: try again.':
    'Se están cambiando demasiados administradores a la vez: pruebe otra vez.',
  'Too many changes at once: try again.': 'Demasiados cambios a la vez: pruebe otra vez.',
  'Each one may be listed once.': 'Cada uno solo puede estar una vez.',
  'A secret must have at least {} bytes; leave it out and we make one.':
    'Un secreto tiene al menos {} bytes; déjelo vacío y haremos uno.',
  'At least {} bytes; leave it out and we make one.': 'Al menos {} bytes; déjelo vacío y haremos uno.',
  'This is needed to sign in.': 'Hace falta para iniciar sesión.',
  'This must be one line.': 'Debe ser una sola línea.',
  '{} is not an origin, as https://www.example.org': '{} no es un origen, como https://www.example.org',
  'A name has at most 64 characters, without dots or dollars.':
    'Un nombre tiene como mucho 64 caracteres, sin puntos ni dólares.',
  'A list needs options.': 'Una lista necesita opciones.',
  'Only mailboxes have a connection that can be tried.': 'Solo los buzones tienen una conexión que probar.',
  'Name at least one value, or choose “is empty”.': 'Indique al menos un valor, o elija «está vacío».',
  'Not a language that can be detected: {}. Use ISO 639-1.':
    'No es un idioma que se pueda detectar: {}. Use ISO 639-1.',
  'Choose the languages to tell apart.': 'Elija los idiomas que distinguir.',
  'A channel is listed twice: {}.': 'Un canal está dos veces: {}.',
  'An agreed response time needs a default schedule. Make one and choose it.':
    'Un tiempo de respuesta acordado necesita un horario predeterminado. Cree uno y elíjalo.',
  'Give at least one target.': 'Dé al menos un objetivo.',
  'Give a target of no less than nothing and at most thirty years.':
    'Dé un objetivo que no sea negativo ni pase de treinta años.',
  'Say for how long.': 'Diga durante cuánto tiempo.',
  'Give the group a condition, or remove it.': 'Dé una condición al grupo, o quítelo.',
  'Give at least one keyword.': 'Dé al menos una palabra clave.',
  'Say who is to be told.': 'Diga a quién hay que avisar.',
  'This is not a regular expression of RE2: {}.': 'No es una expresión regular de RE2: {}.',
  'Say when it is to come back.': 'Diga cuándo debe volver.',
  'Write a word here, or remove the line.': 'Escriba algo aquí, o quite la línea.',
  'Another script has these hours and this language.': 'Otro guion tiene este horario y este idioma.',
  'At most {} webhooks.': 'Como mucho {} webhooks.',
  'The webhook is switched off: switch it on first.': 'El webhook está desactivado: actívelo antes.',
  'Each language may have one version.': 'Cada idioma tiene una sola versión.',
  'Choose a language that has a version.': 'Elija un idioma que tenga versión.',
  'Every version needs the same number of options.':
    'Todas las versiones necesitan el mismo número de opciones.',
  'At least one option must not be positive.': 'Al menos una opción no debe ser positiva.',
  'groups may be nested at most {} levels deep': 'los grupos se anidan como mucho {} niveles',
  '{} cannot be compared with {}; choose one of: {}': '{} no se compara con {}; elija entre: {}',
  'name the contact attribute': 'indique el atributo del contacto',
  'at most {} conditions and groups; split the rule': 'como mucho {} condiciones y grupos; divida la regla',
  'Only http and https addresses can be called.': 'Solo se puede llamar a direcciones http y https.',
  'An address may not carry a user name or password.': 'Una dirección no lleva usuario ni contraseña.',
  'The address is not a URL.': 'La dirección no es una URL.',
  'The address is not a URL that can be called.': 'La dirección no es una URL a la que se pueda llamar.',
  'Private addresses are not called (SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS).':
    'No se llama a direcciones privadas (SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS).',
  '{} has no public holidays to import; give one of {}': '{} no tiene festivos que importar; elija entre {}',
  '{} has no regions with holidays of their own; leave the region out':
    '{} no tiene regiones con festivos propios; deje la región vacía',
  '{} has no region {}; give one of {}, or none': '{} no tiene la región {}; elija entre {}, o ninguna',
  '{} is not a shift; write it as 09:00-17:00, the end at most 24:00':
    '{} no es un turno; escríbalo como 09:00-17:00, hasta las 24:00',
  'shifts overlap: {} and {}': 'los turnos se solapan: {} y {}',
  'special days lie between {} and {}, not on {}': 'los días especiales están entre {} y {}, no en {}',
  '{} is not a time zone; give an IANA name such as Europe/Madrid':
    '{} no es una zona horaria; dé un nombre IANA como Europe/Madrid',
  'There is no schedule {}.': 'No existe el horario {}.',
  '“{}” takes what starts on one of these channels already, and a channel has one such virtual agent. Take the channel from one of them, or choose delegation.':
    '«{}» ya toma lo que empieza en uno de estos canales, y un canal tiene un solo agente virtual así. Quite el canal a uno de los dos, o elija delegación.',
  "“{}” is this channel's survey already. Confirm to replace it there by this one.":
    '«{}» ya es la encuesta de este canal. Confirme para sustituirla ahí por esta.',
  "“{}” is this channel's schedule already. Confirm to move the channel to this one.":
    '«{}» ya es el horario de este canal. Confirme para pasar el canal a este.',
  'Somebody must stay an active admin: make another one first.':
    'Alguien debe seguir siendo administrador activo: nombre antes a otro.',
  'An address has at most 2048 characters and no fragment.':
    'Una dirección tiene como mucho 2048 caracteres y ningún fragmento.',
  // Avisos al guardar
  'This rule has no condition: it matches everything.': 'Esta regla no tiene condición: se aplica a todo.',
  'Contacts of other languages have no script inside business hours: they go to New.':
    'Los contactos de otros idiomas no tienen guion dentro del horario: van a Nuevas.',
  'Contacts of other languages have no script outside business hours: they go to New.':
    'Los contactos de otros idiomas no tienen guion fuera del horario: van a Nuevas.',
  'Without events it is called only by rules and records that name it.':
    'Sin eventos solo lo llaman las reglas y registros que lo nombran.',
  'More than {} languages make short messages hard to tell apart.':
    'Con más de {} idiomas cuesta distinguir los mensajes cortos.',
  'No opening hours apply to its channels: time counts round the clock there. Give them a schedule, or choose a default schedule.':
    'Sus canales no tienen horario: ahí el tiempo cuenta las 24 horas. Déles un horario, o elija uno predeterminado.',
  'No opening hours apply to {} of its channels: time counts round the clock there. Give them a schedule, or choose a default schedule.':
    '{} de sus canales no tienen horario: ahí el tiempo cuenta las 24 horas. Déles un horario, o elija uno predeterminado.',
  'Nothing has high priority: what waits is offered in order of waiting time alone.':
    'Nada tiene prioridad alta: lo que espera se ofrece solo por orden de espera.',
  'It never opens: clocks stand still where it applies. Give it shifts.':
    'Nunca abre: donde se aplica, los relojes no corren. Déle turnos.',
  'Resolve reasons are off. Switch them on in the workflow settings, and only conversations that were solved are followed by a survey.':
    'Los motivos de resolución están desactivados. Actívelos en las preferencias, y solo a las conversaciones solucionadas les seguirá una encuesta.',
  // Sobre buzones
  'Mail servers do not take this address.': 'Los servidores de correo no admiten esta dirección.',
  'There is no server called {}. Check its name.': 'No hay ningún servidor llamado {}. Compruebe el nombre.',
  '{} is a private address; these are used only where SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS says so.':
    '{} es una dirección privada; solo se usan donde SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS lo dice.',
  '{} cannot be used: nobody answers there; check the port.':
    '{} no se puede usar: nadie responde ahí; compruebe el puerto.',
  '{} cannot be used: it does not answer in time; check name and port.':
    '{} no se puede usar: no responde a tiempo; compruebe nombre y puerto.',
  '{} cannot be used: it does not speak TLS there; check port and encryption.':
    '{} no se puede usar: ahí no habla TLS; compruebe puerto y cifrado.',
  '{} cannot be used: its certificate is not valid for that name ({}).':
    '{} no se puede usar: su certificado no vale para ese nombre ({}).',
  '{} cannot be used: the connection broke off.': '{} no se puede usar: la conexión se cortó.',
  '{} does not accept this user and secret ({}).': '{} no acepta este usuario y secreto ({}).',
  'The folder {} cannot be opened. Check its name.': 'La carpeta {} no se puede abrir. Compruebe el nombre.',
  'No access token: {}': 'Sin token de acceso: {}',
};

export default phrases;
