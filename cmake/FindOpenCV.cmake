# Finds the three parts of OpenCV that the detector uses, each with its headers as a system library: OpenCV::core,
# OpenCV::imgproc, OpenCV::dnn. OpenCV's own configuration is only in Debian's libopencv-dev, which needs all the rest.
find_path(OpenCV_INCLUDE_DIR opencv2/dnn.hpp PATH_SUFFIXES opencv4)
set(_opencv_libraries "")
foreach(_part core imgproc dnn)
  find_library(OpenCV_${_part}_LIBRARY opencv_${_part})
  mark_as_advanced(OpenCV_${_part}_LIBRARY)
  list(APPEND _opencv_libraries OpenCV_${_part}_LIBRARY)
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCV REQUIRED_VARS OpenCV_INCLUDE_DIR ${_opencv_libraries})

if(OpenCV_FOUND AND NOT TARGET OpenCV::core)
  foreach(_part core imgproc dnn)
    add_library(OpenCV::${_part} SHARED IMPORTED)
    set_target_properties(OpenCV::${_part} PROPERTIES IMPORTED_LOCATION ${OpenCV_${_part}_LIBRARY}
                                                      INTERFACE_INCLUDE_DIRECTORIES ${OpenCV_INCLUDE_DIR})
  endforeach()
endif()
mark_as_advanced(OpenCV_INCLUDE_DIR)
