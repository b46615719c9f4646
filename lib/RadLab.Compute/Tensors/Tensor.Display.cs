namespace RadLab.Compute;

[TypeFormatterSource(typeof(TensorFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public readonly partial struct Tensor;
