namespace RadLab.Compute;

/// <summary>The numbers of one AdamW update.</summary>
/// <param name="LearningRate">lr</param>
/// <param name="Beta1">b1, of the mean of gradients</param>
/// <param name="Beta2">b2, of the mean of their squares</param>
/// <param name="Epsilon">Added to the root of that mean</param>
/// <param name="WeightDecay">wd, decoupled: times lr, applied before the step</param>
public readonly record struct AdamWSettings(double LearningRate, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0.01);

/// <summary>Elements [First, First + Count) of a tensor in row-major order: how an optimizer works on a large parameter piece by piece.</summary>
public readonly record struct ElementRange(long First, long Count);
