// `import Graft` is enough: the values that its functions take and give come along.
@_exported public import GraftData
@_exported public import GraftFetch
@_exported public import GraftGraph
@_exported public import GraftNetworks
@_exported public import GraftONNX
@_exported public import GraftPlots
@_exported public import GraftRuntime
@_exported public import GraftTensor
@_exported public import GraftTraining
@_exported public import SystemPackage
