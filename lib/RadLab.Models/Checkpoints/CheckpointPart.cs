namespace RadLab.Models;

/// <summary>Takes the bytes of a tensor, in order and in pieces.</summary>
internal delegate void ByteSink(ReadOnlySpan<byte> bytes);

/// <summary>A tensor of a checkpoint to be written, and the function that produces its bytes when its turn comes.</summary>
internal sealed record CheckpointPart(SafeTensorsSpec Spec, Action<ByteSink> Write);
