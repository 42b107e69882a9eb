# The three things that this project's folders are made of: a library, a program, and protobuf code.
# Sources are found by looking into the folder, so a new file needs no line here.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc>=29.0)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka>=2.0)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv>=1.44)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq>=13)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.70)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib>=1.2)
find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_GEN_C protoc-gen-c REQUIRED)

add_library(cityneg_flags INTERFACE)
target_compile_options(cityneg_flags INTERFACE -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wformat=2 -Wno-missing-field-initializers -Wno-unused-parameter)
target_compile_definitions(cityneg_flags INTERFACE _GNU_SOURCE)
target_include_directories(cityneg_flags INTERFACE ${CMAKE_SOURCE_DIR}/common ${CMAKE_SOURCE_DIR}/services)
if(CITYNEG_SANITIZE)
  add_compile_options(-fsanitize=${CITYNEG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CITYNEG_SANITIZE})
endif()

# cityneg_library(NAME DEPENDS…): the static library cm_NAME of every .c in this folder.
# A folder that has no source yet becomes an interface library, so that others may already name it.
function(cityneg_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  if(sources)
    add_library(cm_${name} STATIC ${sources})
    target_link_libraries(cm_${name} PUBLIC ${ARGN} PRIVATE $<BUILD_INTERFACE:cityneg_flags>)
    target_include_directories(cm_${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/common>
      $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/services>)
  else()
    add_library(cm_${name} INTERFACE)
    target_link_libraries(cm_${name} INTERFACE ${ARGN})
  endif()
endfunction()

# cityneg_program(NAME DEPENDS…): the program NAME from this folder's main.c.
function(cityneg_program name)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/main.c)
    add_executable(${name} main.c)
    target_link_libraries(${name} PRIVATE ${ARGN} cityneg_flags)
    install(TARGETS ${name} RUNTIME DESTINATION bin)
  endif()
endfunction()

# cityneg_tests(FOLDER DEPENDS…): every FOLDER/*_test.c is one cmocka program and one ctest of its name; target
# tests-LEAF builds them. From a folder's own CMakeLists.txt, FOLDER is its full path.
function(cityneg_tests folder)
  get_filename_component(folder ${folder} ABSOLUTE)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*_test.c)
  string(REGEX REPLACE ".*/" "" leaf ${folder})
  add_custom_target(tests-${leaf})
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${ARGN} cityneg_flags cmocka)
    target_compile_definitions(${name} PRIVATE CITYNEG_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
      CITYNEG_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_dependencies(tests-${leaf} ${name})
    add_test(NAME ${leaf}/${name} COMMAND ${name})
  endforeach()
endfunction()

# cityneg_timeout(SECONDS TESTS…): how long these tests may take; longer where a sanitizer slows them.
function(cityneg_timeout seconds)
  if(CITYNEG_SANITIZE MATCHES thread)
    math(EXPR seconds "5 * ${seconds}")
  elseif(CITYNEG_SANITIZE)
    math(EXPR seconds "2 * ${seconds}")
  endif()
  set_tests_properties(${ARGN} PROPERTIES TIMEOUT ${seconds})
endfunction()

# cityneg_proto(OUT FILES…): protobuf-c code for .proto FILES (paths below CITYNEG_PROTO_ROOT, proto/ or the system's
# include folder), and with GRPC also typed services by protoc-gen-grpc-c. Sets OUT to the generated sources. A folder
# with .proto files of its own sets CITYNEG_PROTO_ROOT and CITYNEG_PROTO_DIR, where the code goes, before the call.
set(CITYNEG_PROTO_ROOT ${CMAKE_SOURCE_DIR}/proto)
set(CITYNEG_PROTO_DIR ${CMAKE_BINARY_DIR}/generated)
set(CITYNEG_PROTO_ALIASES "cityneg.type.v1=Typ,cityneg.registry.v1=Reg,cityneg.negotiations.v1=Neg,cityneg.trends.v1=Trd,cityneg.journal.v1=Jrn,cityneg.events.v1=Evt,grpc.health.v1=GrpcHealth,grpc.reflection.v1=GrpcReflectionV1,grpc.reflection.v1alpha=GrpcReflectionV1Alpha,google.rpc=GoogleRpc,google.protobuf=Google,grpc.testing=GrpcTesting,grpc.channelz.v1=Channelz,opentelemetry.proto.common.v1=OtelCommon,opentelemetry.proto.resource.v1=OtelResource,opentelemetry.proto.trace.v1=OtelTrace,opentelemetry.proto.collector.trace.v1=OtelCollector")
function(cityneg_proto out)
  cmake_parse_arguments(ARG "GRPC" "" "" ${ARGN})
  set(generated)
  foreach(proto ${ARG_UNPARSED_ARGUMENTS})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    if(EXISTS ${CITYNEG_PROTO_ROOT}/${proto})
      set(path ${CITYNEG_PROTO_ROOT}/${proto})
    else()
      set(path)
    endif()
    set(files ${CITYNEG_PROTO_DIR}/${stem}.pb-c.c ${CITYNEG_PROTO_DIR}/${stem}.pb-c.h)
    add_custom_command(OUTPUT ${files}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CITYNEG_PROTO_DIR}
      COMMAND ${PROTOC} --plugin=protoc-gen-c=${PROTOC_GEN_C} -I${CITYNEG_PROTO_ROOT} -I${CMAKE_SOURCE_DIR}/proto -I/usr/include
        --c_out=${CITYNEG_PROTO_DIR} ${proto}
      DEPENDS ${path} COMMENT "protobuf-c ${proto}" VERBATIM)
    list(APPEND generated ${files})
    if(ARG_GRPC)
      set(files ${CITYNEG_PROTO_DIR}/${stem}.grpc-c.c ${CITYNEG_PROTO_DIR}/${stem}.grpc-c.h)
      add_custom_command(OUTPUT ${files}
        COMMAND ${PROTOC} --plugin=protoc-gen-grpc-c=$<TARGET_FILE:protoc-gen-grpc-c> -I${CITYNEG_PROTO_ROOT}
          -I${CMAKE_SOURCE_DIR}/proto -I/usr/include --grpc-c_opt=${CITYNEG_PROTO_ALIASES} --grpc-c_out=${CITYNEG_PROTO_DIR} ${proto}
        DEPENDS ${path} protoc-gen-grpc-c COMMENT "grpc-c ${proto}" VERBATIM)
      list(APPEND generated ${files})
    endif()
  endforeach()
  set_source_files_properties(${generated} PROPERTIES COMPILE_OPTIONS "-Wno-shadow;-Wno-missing-prototypes")
  set(${out} ${generated} PARENT_SCOPE)
endfunction()

# cityneg_embed(OUT HEADER NAME=FILE…): a .c that includes HEADER and defines each NAME as the text of a FILE. Made anew when
# a file changes. Sets OUT to its path.
function(cityneg_embed out header)
  string(REGEX REPLACE "[/.]" "_" stem ${header})
  set(code "#include \"${header}\"\n")
  foreach(pair ${ARGN})
    string(REGEX MATCH "^([^=]+)=(.+)$" matched ${pair})
    set(name ${CMAKE_MATCH_1})
    set(file ${CMAKE_MATCH_2})
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND code "const char ${name}[] = {${bytes}0};\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${stem}.c CONTENT "${code}" @ONLY)
  set(${out} ${CMAKE_CURRENT_BINARY_DIR}/${stem}.c PARENT_SCOPE)
endfunction()
