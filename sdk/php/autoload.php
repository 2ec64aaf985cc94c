<?php

declare(strict_types=1);

/*
 * For applications without composer: `require 'autoload.php'` and the classes of `src/` load
 * themselves.
 */

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Imq\\')) {
        $file = __DIR__ . '/src/' . strtr(substr($class, 4), '\\', '/') . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});
