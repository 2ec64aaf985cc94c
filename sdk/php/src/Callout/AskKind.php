<?php

declare(strict_types=1);

namespace Imq\Callout;

/** What the application can be asked about. */
enum AskKind: string
{
    /** May the bearer of this token connect, and as whom? */
    case Connect = 'connect';
    /** May this queue come to be? */
    case CreateQueue = 'create_queue';
    /** May the user enter the queue? */
    case Subscribe = 'subscribe';
    /** May the user send this message, or another in its place? */
    case SendMessage = 'send_message';
    /** May the user change the state so? */
    case SendState = 'send_state';
    /** What is the answer to the user's own question? */
    case Call = 'call';
}
