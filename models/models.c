// The data files of this folder, inside the library: nothing to install, nothing to find at run time.
// One block and one line of the table for each file; Scripts/check-models compares both with the folder.

#include "graft_models.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char alexnet[] = {
#embed "alexnet.json"
};

static const unsigned char alexnet_torchvision[] = {
#embed "alexnet-torchvision.json"
};

static const unsigned char caffenet[] = {
#embed "caffenet.json"
};

static const unsigned char cifar10_resnet20[] = {
#embed "cifar10_resnet20.json"
};

static const unsigned char cifar10_resnet20_torchexport[] = {
#embed "cifar10_resnet20_torchexport.json"
};

static const unsigned char densenet121[] = {
#embed "densenet121.json"
};

static const unsigned char densenet121_torchvision[] = {
#embed "densenet121-torchvision.json"
};

static const unsigned char densenet161_torchvision[] = {
#embed "densenet161-torchvision.json"
};

static const unsigned char densenet169_torchvision[] = {
#embed "densenet169-torchvision.json"
};

static const unsigned char efficientnet_lite4[] = {
#embed "efficientnet-lite4.json"
};

static const unsigned char googlenet[] = {
#embed "googlenet.json"
};

static const unsigned char googlenet_torchvision[] = {
#embed "googlenet-torchvision.json"
};

static const unsigned char inception_v1[] = {
#embed "inception-v1.json"
};

static const unsigned char inception_v2[] = {
#embed "inception-v2.json"
};

static const unsigned char mobilenetv2[] = {
#embed "mobilenetv2.json"
};

static const unsigned char resnet101[] = {
#embed "resnet101.json"
};

static const unsigned char resnet101_torchvision[] = {
#embed "resnet101-torchvision.json"
};

static const unsigned char resnet101_v2[] = {
#embed "resnet101-v2.json"
};

static const unsigned char resnet152[] = {
#embed "resnet152.json"
};

static const unsigned char resnet152_torchvision[] = {
#embed "resnet152-torchvision.json"
};

static const unsigned char resnet152_v2[] = {
#embed "resnet152-v2.json"
};

static const unsigned char resnet18[] = {
#embed "resnet18.json"
};

static const unsigned char resnet18_torchvision[] = {
#embed "resnet18-torchvision.json"
};

static const unsigned char resnet18_v2[] = {
#embed "resnet18-v2.json"
};

static const unsigned char resnet34[] = {
#embed "resnet34.json"
};

static const unsigned char resnet34_torchvision[] = {
#embed "resnet34-torchvision.json"
};

static const unsigned char resnet34_v2[] = {
#embed "resnet34-v2.json"
};

static const unsigned char resnet50[] = {
#embed "resnet50.json"
};

static const unsigned char resnet50_caffe2[] = {
#embed "resnet50-caffe2.json"
};

static const unsigned char resnet50_torchvision[] = {
#embed "resnet50-torchvision.json"
};

static const unsigned char resnet50_v2[] = {
#embed "resnet50-v2.json"
};

static const unsigned char resnet50_imagenet[] = {
#embed "resnet50_imagenet.json"
};

static const unsigned char shufflenet[] = {
#embed "shufflenet.json"
};

static const unsigned char shufflenet_v2[] = {
#embed "shufflenet-v2.json"
};

static const unsigned char squeezenet1_0[] = {
#embed "squeezenet1.0.json"
};

static const unsigned char squeezenet1_0_torchvision[] = {
#embed "squeezenet1.0-torchvision.json"
};

static const unsigned char squeezenet1_1[] = {
#embed "squeezenet1.1.json"
};

static const unsigned char squeezenet1_1_torchvision[] = {
#embed "squeezenet1.1-torchvision.json"
};

static const unsigned char squeezenet1_1_imagenet[] = {
#embed "squeezenet1.1_imagenet.json"
};

static const unsigned char vgg11_bn_torchvision[] = {
#embed "vgg11-bn-torchvision.json"
};

static const unsigned char vgg11_torchvision[] = {
#embed "vgg11-torchvision.json"
};

static const unsigned char vgg13_bn_torchvision[] = {
#embed "vgg13-bn-torchvision.json"
};

static const unsigned char vgg13_torchvision[] = {
#embed "vgg13-torchvision.json"
};

static const unsigned char vgg16[] = {
#embed "vgg16.json"
};

static const unsigned char vgg16_bn[] = {
#embed "vgg16-bn.json"
};

static const unsigned char vgg16_bn_torchvision[] = {
#embed "vgg16-bn-torchvision.json"
};

static const unsigned char vgg16_torchvision[] = {
#embed "vgg16-torchvision.json"
};

static const unsigned char vgg19[] = {
#embed "vgg19.json"
};

static const unsigned char vgg19_bn[] = {
#embed "vgg19-bn.json"
};

static const unsigned char vgg19_bn_torchvision[] = {
#embed "vgg19-bn-torchvision.json"
};

static const unsigned char vgg19_caffe2[] = {
#embed "vgg19-caffe2.json"
};

static const unsigned char vgg19_torchvision[] = {
#embed "vgg19-torchvision.json"
};

static const unsigned char zfnet512[] = {
#embed "zfnet512.json"
};

static const unsigned char labels_cifar10[] = {
#embed "labels/cifar10.json"
};

static const unsigned char labels_imagenet[] = {
#embed "labels/imagenet.json"
};

// The network that needs no download arrives with its card, or not at all.
#if __has_embed("default.onnx") == __STDC_EMBED_FOUND__
#define GRAFT_HAS_DEFAULT 1
static const unsigned char default_network[] = {
#embed "default.onnx"
};

static const unsigned char default_card[] = {
#embed "default.json"
};
#endif

#define ENTRY(name, bytes) {name, bytes, sizeof(bytes)}

static const graft_embedded_file graft_embedded_files[] = {
    ENTRY("alexnet.json", alexnet),
    ENTRY("alexnet-torchvision.json", alexnet_torchvision),
    ENTRY("caffenet.json", caffenet),
    ENTRY("cifar10_resnet20.json", cifar10_resnet20),
    ENTRY("cifar10_resnet20_torchexport.json", cifar10_resnet20_torchexport),
    ENTRY("densenet121.json", densenet121),
    ENTRY("densenet121-torchvision.json", densenet121_torchvision),
    ENTRY("densenet161-torchvision.json", densenet161_torchvision),
    ENTRY("densenet169-torchvision.json", densenet169_torchvision),
    ENTRY("efficientnet-lite4.json", efficientnet_lite4),
    ENTRY("googlenet.json", googlenet),
    ENTRY("googlenet-torchvision.json", googlenet_torchvision),
    ENTRY("inception-v1.json", inception_v1),
    ENTRY("inception-v2.json", inception_v2),
    ENTRY("mobilenetv2.json", mobilenetv2),
    ENTRY("resnet101.json", resnet101),
    ENTRY("resnet101-torchvision.json", resnet101_torchvision),
    ENTRY("resnet101-v2.json", resnet101_v2),
    ENTRY("resnet152.json", resnet152),
    ENTRY("resnet152-torchvision.json", resnet152_torchvision),
    ENTRY("resnet152-v2.json", resnet152_v2),
    ENTRY("resnet18.json", resnet18),
    ENTRY("resnet18-torchvision.json", resnet18_torchvision),
    ENTRY("resnet18-v2.json", resnet18_v2),
    ENTRY("resnet34.json", resnet34),
    ENTRY("resnet34-torchvision.json", resnet34_torchvision),
    ENTRY("resnet34-v2.json", resnet34_v2),
    ENTRY("resnet50.json", resnet50),
    ENTRY("resnet50-caffe2.json", resnet50_caffe2),
    ENTRY("resnet50-torchvision.json", resnet50_torchvision),
    ENTRY("resnet50-v2.json", resnet50_v2),
    ENTRY("resnet50_imagenet.json", resnet50_imagenet),
    ENTRY("shufflenet.json", shufflenet),
    ENTRY("shufflenet-v2.json", shufflenet_v2),
    ENTRY("squeezenet1.0.json", squeezenet1_0),
    ENTRY("squeezenet1.0-torchvision.json", squeezenet1_0_torchvision),
    ENTRY("squeezenet1.1.json", squeezenet1_1),
    ENTRY("squeezenet1.1-torchvision.json", squeezenet1_1_torchvision),
    ENTRY("squeezenet1.1_imagenet.json", squeezenet1_1_imagenet),
    ENTRY("vgg11-bn-torchvision.json", vgg11_bn_torchvision),
    ENTRY("vgg11-torchvision.json", vgg11_torchvision),
    ENTRY("vgg13-bn-torchvision.json", vgg13_bn_torchvision),
    ENTRY("vgg13-torchvision.json", vgg13_torchvision),
    ENTRY("vgg16.json", vgg16),
    ENTRY("vgg16-bn.json", vgg16_bn),
    ENTRY("vgg16-bn-torchvision.json", vgg16_bn_torchvision),
    ENTRY("vgg16-torchvision.json", vgg16_torchvision),
    ENTRY("vgg19.json", vgg19),
    ENTRY("vgg19-bn.json", vgg19_bn),
    ENTRY("vgg19-bn-torchvision.json", vgg19_bn_torchvision),
    ENTRY("vgg19-caffe2.json", vgg19_caffe2),
    ENTRY("vgg19-torchvision.json", vgg19_torchvision),
    ENTRY("zfnet512.json", zfnet512),
    ENTRY("labels/cifar10.json", labels_cifar10),
    ENTRY("labels/imagenet.json", labels_imagenet),
#ifdef GRAFT_HAS_DEFAULT
    ENTRY("default.json", default_card),
    ENTRY("default.onnx", default_network),
#endif
};

const size_t graft_embedded_file_count =
    sizeof(graft_embedded_files) / sizeof(graft_embedded_files[0]);

const graft_embedded_file *graft_embedded_file_at(size_t index) {
  return &graft_embedded_files[index];
}
