/* python.exe for the library that a wheel brings: starts it with the arguments as they are. */
#include <windows.h>

typedef int (*main_function)(int, wchar_t **);

int wmain(int argc, wchar_t **argv) {
    HMODULE python = LoadLibraryW(L"python311.dll");
    main_function run = python ? (main_function)GetProcAddress(python, "Py_Main") : NULL;
    return run ? run(argc, argv) : 111;
}
