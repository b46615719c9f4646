using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>MRI of the brain with and without contrast.</summary>
internal static class BrainMr
{
    private static readonly ReportOrgan s_brain = new("Brain parenchyma")
    {
        Normals =
        [
            new(["acute infarct"], ["No restricted diffusion to suggest acute infarct.", "There is no diffusion restriction.", "No acute infarct on diffusion-weighted imaging.", "Diffusion-weighted images show no acute ischemia."]) { Chance = 0.85 },
            new(["white matter disease", "demyelination", "intracranial mass", "chronic infarct", "intracranial hemorrhage"], ["Brain parenchyma is normal in signal.", "Normal signal intensity of the brain parenchyma.", "The brain is normal in morphology and signal."]),
            new(["abnormal enhancement"], ["No abnormal parenchymal or meningeal enhancement.", "There is no abnormal enhancement.", "No pathologic enhancement after contrast."]) { Chance = 0.7 },
        ],
        Negatives = [new("intracranial hemorrhage", "acute hemorrhage", "intracranial hemorrhage"), new("intracranial mass", "intracranial mass", "mass"), new("midline shift", "midline shift")],
        Findings =
        [
            new("acute infarct") { OldNouns = ["chronic infarct", "old infarct"], Nouns = ["focus of restricted diffusion/foci of restricted diffusion", "area of restricted diffusion/areas of restricted diffusion"], Places = ["left middle cerebral artery territory", "right middle cerebral artery territory", "left thalamus", "right corona radiata", "left pons", "right cerebellar hemisphere", "left posterior limb of the internal capsule"], Size = new(5, 48), Weight = 3, MinAge = 35, Rank = 3, Acute = true, Course = FindingCourse.Injury, Diagnoses = ["acute infarct", "acute ischemic infarct"], Says = ["{there} {size} {x} in the {place}{since}.", "{size} {x} in the {place} with corresponding low ADC signal{since}.", "{a} {new} {x} in the {place} measures {size}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."] },
            new("white matter disease") { Kinds = ["#scattered T2/FLAIR hyperintense foci in the white matter", "#T2/FLAIR hyperintensities in the periventricular and subcortical white matter", "#white matter T2 hyperintensities"], Grades = Stenosis, Weight = 5, MinAge = 40, Rank = 1, Excludes = ["demyelination"], Diagnoses = ["chronic microvascular ischemic change", "chronic small vessel ischemic disease"], Says = ["{grade} {x}{since}.", "There are {grade} {x}{since}.", "{new} {grade} {x} {is} present."], Ends = ["{grade} {x}{since}{dx}.", "{new} {grade} {x}{dx}.", "{there} {grade} {x}{since}{dx}."] },
            new("demyelination") { Kinds = ["#ovoid periventricular T2 hyperintense lesions", "#periventricular and juxtacortical T2/FLAIR lesions"], Traits = [new("enhancement", "without enhancement", "with one enhancing lesion", "without diffusion restriction or enhancement")], Weight = 2.2, MaxAge = 60, Rank = 2, Course = FindingCourse.Lesion, Diagnoses = ["multiple sclerosis", "demyelinating disease"], Says = ["Multiple {x} {enhancement}{since}.", "There are several {new} {x} {enhancement}.", "Numerous {x}, oriented perpendicular to the corpus callosum, {enhancement}{since}."], Ends = ["Multiple {x} {enhancement}{since}{dx}.", "Several {new} {x}{dx}."] },
            new("chronic infarct") { Kinds = ["chronic infarct", "old lacunar infarct", "area of encephalomalacia and gliosis/areas of encephalomalacia and gliosis"], Places = ["right basal ganglia", "left basal ganglia", "left cerebellar hemisphere", "right frontal lobe", "left parietal lobe"], Weight = 2.4, MinAge = 50, Rank = 1, Course = FindingCourse.Fixed, Says = ["{there} {x} in the {place}.", "{x} in the {place}.", "Gliosis and volume loss in the {place} represent {a} {x}."], Ends = ["{x} in the {place}.", "Sequela of prior ischemia with {x} in the {place}.", "{there} {x} in the {place}."] },
            new("enhancing brain mass") { Kinds = ["enhancing mass", "ring-enhancing lesion", "heterogeneously enhancing mass"], Concepts = ["intracranial mass", "abnormal enhancement"], Places = Lobar, Size = new(7, 54, 2), Weight = 1.8, MinAge = 20, Rank = 3, Acute = true, Course = FindingCourse.Lesion, Contrast = true, Diagnoses = ["a high-grade glioma", "metastasis", "metastasis or primary neoplasm"], Says = ["{there} {size} {x} in the {place} with surrounding vasogenic edema{since}.", "{size} {x} in the {place}{since}.", "{a} {new} {x} in the {place} measures {size}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Neurosurgery },
            new("meningioma") { Nouns = ["dural-based enhancing mass", "extra-axial enhancing mass"], Concepts = ["intracranial mass", "abnormal enhancement"], Places = ["right frontal convexity", "left frontal convexity", "right sphenoid wing", "left sphenoid wing", "falx", "right parietal convexity"], At = "along the {place}", Size = new(7, 38), Weight = 1.6, MinAge = 38, Rank = 2, Course = FindingCourse.Lesion, Contrast = true, Diagnoses = ["meningioma"], Says = ["{size} {x} {at}{since}.", "{there} {new} {size} {x} {at}."], Ends = ["{size} {x} {at}{since}{dx}.", "{new} {x} {at}{dx}.", "{there} {size} {x} {at}{since}{dx}."] },
            new("cavernous malformation") { Nouns = ["focus of susceptibility with a popcorn appearance/foci of susceptibility with a popcorn appearance"], Places = ["right frontal lobe", "left temporal lobe", "pons", "right cerebellar hemisphere"], Size = new(4, 18), Concepts = ["intracranial hemorrhage"], Weight = 0.8, Rank = 1, Course = FindingCourse.Chronic, Diagnoses = ["a cavernous malformation"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {x} in the {place}{since}{dx}."] },
            new("developmental venous anomaly") { Places = ["right frontal lobe", "left frontal lobe", "left cerebellar hemisphere"], Weight = 1, Rank = 0, Course = FindingCourse.Fixed, Contrast = true, Says = ["{there} {x} in the {place}.", "Incidental {x} in the {place}.", "{x} in the {place}."] },
        ],
    };

    private static readonly ReportOrgan s_spaces = new("Ventricles and sella")
    {
        Normals =
        [
            new(["hydrocephalus", "atrophy"], ["The ventricles and sulci are normal in size.", "Ventricles are normal in size and configuration.", "Normal ventricular size and sulcal pattern.", "Ventricles and cisterns are within normal limits."]),
            new(["pituitary abnormality"], ["The pituitary gland is unremarkable.", "Sella and pituitary are normal.", "Normal sella turcica."]) { Chance = 0.5 },
            new(["tonsillar ectopia"], ["The craniocervical junction is normal.", "Cerebellar tonsils are normally positioned.", "Normal craniocervical junction."]) { Chance = 0.4 },
        ],
        Findings =
        [
            new("atrophy") { Nouns = ["~cerebral volume loss", "~diffuse parenchymal volume loss", "~generalized atrophy"], Grades = Stenosis, Weight = 3.5, MinAge = 58, Rank = 1, Says = ["{grade} {x}{since}.", "There is {grade} {x} with ex vacuo ventricular dilatation{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("pituitary microadenoma") { Nouns = ["hypoenhancing lesion", "hypoenhancing focus/hypoenhancing foci"], Concepts = ["pituitary abnormality"], Places = ["right side of the pituitary gland", "left side of the pituitary gland"], Size = new(3, 9), Weight = 1, Rank = 2, Course = FindingCourse.Lesion, Contrast = true, Diagnoses = ["a microadenoma"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Laboratory },
            new("tonsillar ectopia") { Nouns = ["~inferior descent of the cerebellar tonsils", "~cerebellar tonsillar ectopia"], Size = new(4, 14), Weight = 0.9, MaxAge = 60, Rank = 2, Course = FindingCourse.Fixed, Diagnoses = ["Chiari I malformation"], Says = ["{x} of {size} below the foramen magnum.", "There is {x}, {size} below the foramen magnum.", "{there} {x} of {size} below the foramen magnum."], Ends = ["{x} of {size}{dx}.", "{x}{dx}.", "{there} {x} of {size}{dx}."] },
            new("empty sella") { Kinds = ["partially empty sella", "empty sella"], Concepts = ["pituitary abnormality"], Weight = 1.4, Rank = 0, Course = FindingCourse.Fixed, Says = ["{there} {x}.", "{x}, often an incidental finding.", "{x}."] },
            new("arachnoid cyst") { Places = ["left middle cranial fossa", "right middle cranial fossa", "posterior fossa"], Size = new(14, 45), Weight = 0.9, Rank = 1, Course = FindingCourse.Chronic, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}.", "{new} {x} in the {place}.", "{there} {size} {x} in the {place}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_vessels = new("Vessels and sinuses")
    {
        Normals =
        [
            new(["vascular occlusion"], ["Major intracranial flow voids are preserved.", "Normal vascular flow voids.", "The expected vascular flow voids are maintained."]) { Chance = 0.7 },
            new(["sinus disease"], ["Paranasal sinuses and mastoid air cells are clear.", "The paranasal sinuses are clear.", "Sinuses and mastoids are unremarkable."]) { Chance = 0.6 },
            new(["orbital abnormality"], ["The orbits are unremarkable.", "Orbits are normal.", "Globes and orbits are within normal limits."]) { Chance = 0.35 },
        ],
        Findings =
        [
            new("sinus mucosal thickening") { Nouns = ["~mucosal thickening"], Concepts = ["sinus disease"], Places = Sinuses, Grades = Mild, Weight = 2.5, Rank = 0, Course = FindingCourse.Acute, Says = ["{grade} {x} in the {place}{since}.", "There is {grade} {x} in the {place}{since}.", "{new} {grade} {x} in the {place}.", "{there} {grade} {x} in the {place}{since}."] },
            new("mastoid effusion") { Concepts = ["sinus disease"], Side = FindingSide.EitherOrBoth, Grades = ["trace", "small"], Weight = 1.2, Rank = 0, Course = FindingCourse.Acute, Says = ["{grade} {side} {x}{since}.", "{there} {grade} {side} {x}{since}.", "{new} {grade} {side} {x}."] },
        ],
    };

    public static readonly ReportExam Brain = new("MRI brain with and without contrast")
    {
        Modality = "MR", Titles = ["MRI Brain with and without Contrast", "MR BRAIN W WO CONTRAST", "MRI of the brain with and without gadolinium", "MR head with and without contrast"], Noun = "brain MRI", Weight = 6, Contrast = true, Findings = 2.3, NormalChance = 0.2, AcuteConcept = "acute intracranial abnormality",
        Techniques = ["Multiplanar multisequence MRI of the brain before and after intravenous gadolinium.", "Sagittal T1, axial T2, FLAIR, diffusion and postcontrast T1-weighted images.", "MRI of the brain with and without contrast.", "Multisequence imaging of the brain was performed with and without IV gadolinium."],
        Organs = [s_brain, s_spaces, s_vessels],
        NothingAcute = ["No acute intracranial abnormality.", "No acute infarct or other acute intracranial process.", "No acute findings on brain MRI.", "No acute intracranial process."], Normal = ["Normal MRI of the brain.", "Unremarkable brain MRI.", "Normal brain MRI with and without contrast."],
        Reasons =
        [
            new(["headache", "chronic headaches", "migraine with change in pattern", "daily headaches"]) { Boosts = ["white matter disease", "arachnoid cyst"], Question = "intracranial mass", Asks = "intracranial mass", Weight = 5 },
            new(["acute weakness", "transient ischemic attack", "stroke symptoms", "sudden vision loss and weakness"]) { Boosts = ["acute infarct", "chronic infarct"], Question = "acute infarct", Asks = "acute infarct", Weight = 4, MinAge = 35 },
            new(["multiple sclerosis", "optic neuritis", "numbness and tingling", "suspected demyelinating disease"]) { Boosts = ["demyelination"], Question = "demyelination", Asks = "demyelinating disease", Weight = 3, MaxAge = 60 },
            new(["seizures", "new onset seizure", "epilepsy"]) { Boosts = ["cavernous malformation", "enhancing brain mass"], Weight = 3 },
            new(["memory loss", "cognitive decline", "dementia"]) { Boosts = ["atrophy", "white matter disease"], Weight = 3, MinAge = 58 },
            new(["lung cancer, evaluate for brain metastases", "breast cancer staging", "melanoma staging"]) { Boosts = ["enhancing brain mass"], Question = "abnormal enhancement", Asks = "intracranial metastasis", Weight = 3, MinAge = 35 },
            new(["elevated prolactin", "galactorrhea", "amenorrhea and elevated prolactin"]) { Boosts = ["pituitary microadenoma"], Question = "pituitary abnormality", Asks = "pituitary adenoma", Weight = 1, Sex = 'F', MaxAge = 50 },
        ],
    };
}
