# The CMake package cityneg-rpc: the libraries cityneg::rpc and cityneg::base, and cityneg_rpc_generate for .proto files.
include(CMakeFindDependencyMacro)
find_dependency(PkgConfig)
find_dependency(Threads)
pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc>=29.0)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv>=1.44)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib>=1.2)
include(${CMAKE_CURRENT_LIST_DIR}/cityneg-rpc-targets.cmake)
find_program(CITYNEG_RPC_PROTOC protoc REQUIRED)
find_program(CITYNEG_RPC_PROTOC_GEN_C protoc-gen-c REQUIRED)

# cityneg_rpc_generate(TARGET ROOT DIR PROTOS FILES… [ALIASES package=Alias…]): adds the code of .proto FILES below DIR to
# TARGET, and links it with cityneg::rpc. Without an alias a package's names begin with its pieces in CamelCase.
function(cityneg_rpc_generate target)
  cmake_parse_arguments(ARG "" "ROOT" "PROTOS;ALIASES" ${ARGN})
  get_filename_component(root ${ARG_ROOT} ABSOLUTE)
  set(into ${CMAKE_CURRENT_BINARY_DIR}/${target}-generated)
  set(generated)
  string(REPLACE ";" "," aliases "${ARG_ALIASES}")
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(files ${into}/${stem}.pb-c.c ${into}/${stem}.pb-c.h ${into}/${stem}.grpc-c.c ${into}/${stem}.grpc-c.h)
    add_custom_command(OUTPUT ${files}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${into}
      COMMAND ${CITYNEG_RPC_PROTOC} --plugin=protoc-gen-c=${CITYNEG_RPC_PROTOC_GEN_C}
        --plugin=protoc-gen-grpc-c=$<TARGET_FILE:cityneg::protoc-gen-grpc-c> -I${root} --c_out=${into}
        --grpc-c_opt=${aliases} --grpc-c_out=${into} ${proto}
      DEPENDS ${root}/${proto} COMMENT "gRPC in C: ${proto}" VERBATIM)
    list(APPEND generated ${files})
  endforeach()
  target_sources(${target} PRIVATE ${generated})
  add_custom_target(${target}-generated DEPENDS ${generated})
  add_dependencies(${target} ${target}-generated)
  target_include_directories(${target} PUBLIC ${into})
  target_link_libraries(${target} PUBLIC cityneg::rpc)
endfunction()
