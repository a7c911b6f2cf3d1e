/* python.exe for the library that a wheel brings: starts it with the arguments as they are. */
#include <windows.h>

typedef int (*main_function)(int, wchar_t **);

/* Linux lets a process use the matrix registers (AMX) that it asked for. onnxruntime finds them in
   the processor and asks nobody, as on Windows, where a first use is enough; wine doesn't ask.
   https://docs.kernel.org/arch/x86/xstate.html */
static void ask_for_matrix_registers(void) {
    enum { ARCH_PRCTL = 158, ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    long long number = ARCH_PRCTL;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"((long long)ARCH_REQ_XCOMP_PERM), "S"((long long)XFEATURE_XTILEDATA)
                     : "rcx", "r11", "memory");
}

int wmain(int argc, wchar_t **argv) {
    HMODULE python = LoadLibraryW(L"python311.dll");
    main_function run = python ? (main_function)GetProcAddress(python, "Py_Main") : NULL;
    ask_for_matrix_registers();
    return run ? run(argc, argv) : 111;
}
