# ctest reads this before it runs the tests of a build with sanitizers. What librdkafka, C-core and others do within
# themselves is not looked at by the thread sanitizer, since they are not built with it: they count references by
# instructions that it does not see. Our own reads and writes are looked at everywhere, in their callbacks too.
set(ENV{TSAN_OPTIONS} "ignore_noninstrumented_modules=1 $ENV{TSAN_OPTIONS}")
set(ENV{CITYNEG_PATIENCE} 600) # seconds, of end-to-end tests
