namespace RadLab.Notebooks;

/// <summary>A parameter the notebook does not declare, or a value of the wrong type. The message names both sides.</summary>
public sealed class ParameterException(string message) : Exception(message);
