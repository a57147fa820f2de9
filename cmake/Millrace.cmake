# Helpers of this build.

# What our own code is compiled with; the presets add -Werror. A designated initializer leaves the
# other members to their defaults on purpose; gcc 12 to 14 take optionals and what std::regex holds for
# uninitialised (GCC bugs 80635, 105616).
add_library(millrace_options INTERFACE)
target_compile_options(millrace_options INTERFACE -Wall -Wextra -Wconversion -Wshadow
                                                  -Wno-missing-field-initializers -Wno-maybe-uninitialized)
target_include_directories(millrace_options INTERFACE ${PROJECT_SOURCE_DIR}/include
                                                      ${PROJECT_SOURCE_DIR}/src)

# millrace_library(NAME DEPENDS…): one of the three libraries; folders add their sources to it.
function(millrace_library name)
  add_library(millrace_${name} STATIC)
  add_library(millrace::${name} ALIAS millrace_${name})
  target_link_libraries(millrace_${name} PUBLIC millrace_options ${ARGN})
endfunction()
