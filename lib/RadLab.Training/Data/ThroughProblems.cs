using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>The two steps of <see cref="Recipe.ThroughProblems"/> as texts to learn.</summary>
internal static class ThroughProblems
{
    /// <param name="examples">Notes with protocols, and problem lists, which stay as they are.</param>
    /// <param name="ownLists">A note teaches the listing of its own problems too.</param>
    /// <exception cref="TrainingGuardException">The problems of a note are not known.</exception>
    public static IEnumerable<PromptExample> Steps(IEnumerable<PromptExample> examples, bool ownLists)
    {
        foreach (var example in examples)
        {
            if (example.Task != ProtocolPrompts.Task)
            {
                yield return example;
                continue;
            }
            string problems = example.Problems ?? throw new TrainingGuardException($"example {example.Id}: its problems are not known, so a protocol cannot be learnt through them; set through_problems=false.");
            if (ownLists) yield return ProblemListPrompts.Of(example);
            yield return ProtocolPrompts.OfProblems(example, problems);
        }
    }
}
