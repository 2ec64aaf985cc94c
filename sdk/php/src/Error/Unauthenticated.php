<?php

declare(strict_types=1);

namespace Imq\Error;

/** The API key is missing, or the gateway doesn't have it. */
final class Unauthenticated extends Refused
{
}
