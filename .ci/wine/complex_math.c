/* The complex functions of api-ms-win-crt-math-l1-1-0.dll, which wine 8 lacks, by mingw's own.
   Windows passes complex numbers as structures. */
#include <complex.h>

typedef struct { float re, im; } F;
typedef struct { double re, im; } D;

#define COMPLEX(name) D own_##name(D z) { \
    double complex r = name(z.re + z.im * I); return (D){creal(r), cimag(r)}; }
#define COMPLEXF(name) F own_##name(F z) { \
    float complex r = name(z.re + z.im * I); return (F){crealf(r), cimagf(r)}; }
#define POWER(name) D own_##name(D a, D b) { \
    double complex r = name(a.re + a.im * I, b.re + b.im * I); \
    return (D){creal(r), cimag(r)}; }
#define POWERF(name) F own_##name(F a, F b) { \
    float complex r = name(a.re + a.im * I, b.re + b.im * I); \
    return (F){crealf(r), cimagf(r)}; }
#define PART(name) double own_##name(D z) { return name(z.re + z.im * I); }
#define PARTF(name) float own_##name(F z) { return name(z.re + z.im * I); }

COMPLEX(cacos)
COMPLEXF(cacosf)
COMPLEX(cacosh)
COMPLEXF(cacoshf)
COMPLEX(casin)
COMPLEXF(casinf)
COMPLEX(casinh)
COMPLEXF(casinhf)
COMPLEX(catan)
COMPLEXF(catanf)
COMPLEX(catanh)
COMPLEXF(catanhf)
COMPLEX(ccos)
COMPLEXF(ccosf)
COMPLEX(ccosh)
COMPLEXF(ccoshf)
COMPLEX(cexp)
COMPLEXF(cexpf)
COMPLEX(clog)
COMPLEXF(clogf)
COMPLEX(csin)
COMPLEXF(csinf)
COMPLEX(csinh)
COMPLEXF(csinhf)
COMPLEX(csqrt)
COMPLEXF(csqrtf)
COMPLEX(ctan)
COMPLEXF(ctanf)
COMPLEX(ctanh)
COMPLEXF(ctanhf)
POWER(cpow)
POWERF(cpowf)
PART(cabs)
PARTF(cabsf)
PART(carg)
PARTF(cargf)
PART(creal)
PARTF(crealf)
PART(cimag)
PARTF(cimagf)
