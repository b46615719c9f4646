using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>CT of the chest: routine, without contrast, and for pulmonary embolism.</summary>
internal static class ChestCt
{
    private static readonly string[] s_segments =
        ["right upper lobe", "right middle lobe", "right lower lobe", "left upper lobe", "lingula", "left lower lobe", "superior segment of the right lower lobe", "superior segment of the left lower lobe", "apicoposterior left upper lobe", "anterior right upper lobe"];

    private static readonly ReportOrgan s_lungs = new("Lungs and airways")
    {
        Normals =
        [
            new(["lung abnormality"], ["The lungs are clear.", "No focal pulmonary abnormality.", "The lungs are normally aerated.", "The lung parenchyma is unremarkable.", "Lungs are clear without focal opacity."]),
            new(["airway abnormality"], ["The central airways are patent.", "Trachea and main bronchi are patent.", "The tracheobronchial tree is patent.", "Central airways are clear."]) { Chance = 0.5 },
        ],
        Negatives = [new("consolidation", "consolidation", "airspace consolidation", "focal consolidation"), new("lung mass", "suspicious pulmonary nodule", "suspicious nodule"), new("interstitial lung disease", "interstitial lung disease", "fibrosis")],
        Otherwise = ["The lungs are otherwise clear.", "The remaining lung parenchyma is unremarkable.", "Lungs are clear elsewhere."],
        Findings =
        [
            new("solid pulmonary nodule") { Nouns = ["solid nodule", "solid pulmonary nodule", "solid lung nodule"], Concepts = ["lung abnormality", "lung mass"], Places = s_segments, Size = new(3, 19), Weight = 6, MinAge = 30, Rank = 2, Course = FindingCourse.Lesion, AdviceChance = 1, Most = 2, Traits = [new("margin", "smooth", "lobulated", "spiculated", "well-circumscribed")],
                Says = ["{there} {size} {x} in the {place}{since}.", "{margin} {x} in the {place} measures {size}{since}.", "{a} {new} {margin} {size} {x} {is} seen in the {place}.", "{size} {margin} {x} in the {place}{since}."],
                Ends = ["{size} {x} in the {place}{since}.", "{new} {size} {x} in the {place}.", "{x} in the {place} measuring {size}{since}.", "{there} {size} {x} in the {place}{since}."],
                Advice = s => s.IsStable ? Advice.NoFollowUp : s.Change == EntityChange.Increased ? (s.Largest < 6 ? Advice.NoduleYear : Advice.NoduleSoon) : s.Largest < 6 ? Advice.NoFollowUp : s.Largest <= 8 ? Advice.NoduleYear : Advice.NoduleSoon },
            new("ground-glass nodule") { Nouns = ["ground-glass nodule", "pure ground-glass nodule"], Concepts = ["lung abnormality", "lung mass"], Places = s_segments, Size = new(4, 18), Weight = 2.5, MinAge = 40, Rank = 2, Course = FindingCourse.Lesion, AdviceChance = 1,
                Says = ["{there} {size} {x} in the {place}{since}.", "{x} in the {place} measures {size}{since}.", "{a} {new} {size} {x} {is} seen in the {place}."],
                Ends = ["{size} {x} in the {place}{since}.", "{new} {x} in the {place}, {size}.", "{place} {x} measuring {size}{since}."], Advice = s => s.Change == EntityChange.Increased ? Advice.NoduleSoon : s.Largest < 6 ? Advice.NoFollowUp : Advice.GroundGlass },
            new("lung mass") { Nouns = ["mass", "pulmonary mass"], Concepts = ["lung abnormality"], Places = ["right upper lobe", "right lower lobe", "left upper lobe", "left lower lobe", "right hilum", "left hilum"], Size = new(31, 88, 2), Weight = 1.8, MinAge = 45, Rank = 3, Course = FindingCourse.Lesion, Traits = [new("margin", "spiculated", "lobulated", "cavitary", "irregular")], Diagnoses = ["primary lung malignancy", "bronchogenic carcinoma", "metastatic disease"], AdviceChance = 0.9,
                Says = ["{there} {margin} {x} in the {place} measuring {size}{since}.", "{margin} {x} centered in the {place}, {size}{since}.", "{a} {new} {size} {margin} {x} occupies the {place}."],
                Ends = ["{size} {margin} {x} in the {place}{since}{dx}.", "{new} {margin} {x} in the {place}{dx}.", "{place} {x} measuring {size}{since}{dx}."], Advice = s => s.Change is EntityChange.NotCompared or EntityChange.New ? Advice.TissueSampling : Advice.Oncology },
            new("consolidation") { Nouns = ["~consolidation", "~airspace consolidation", "~airspace disease"], Concepts = ["lung abnormality"], Places = Lobes, Traits = [new("form", "patchy", "dense", "lobar", "peribronchial", "confluent")], Diagnoses = ["pneumonia", "aspiration pneumonia", "organizing pneumonia"], Weight = 4, Rank = 2, Acute = true, Course = FindingCourse.Acute, Most = 2,
                Says = ["There is {form} {x} in the {place}{since}.", "{form} {x} in the {place} with air bronchograms{since}.", "{new} {form} {x} {is} present in the {place}."],
                Ends = ["{place} {x}{since}{dx}.", "{new} {form} {x} in the {place}{dx}.", "{form} {x} in the {place}{since}{dx}.", "{there} {place} {x}{since}{dx}."] },
            new("ground-glass opacity") { Concepts = ["lung abnormality"], Nouns = ["#ground-glass opacities"], Places = ["both lungs", "both upper lobes", "both lower lobes", "right lung", "left lung"], At = "in {place}", Traits = [new("spread", "multifocal", "patchy", "diffuse", "peripheral")], Diagnoses = ["viral or atypical pneumonia", "pulmonary edema", "hypersensitivity pneumonitis"], Weight = 2.5, Rank = 2, Acute = true, Course = FindingCourse.Acute,
                Says = ["There are {spread} {x} {at}{since}.", "{spread} {x} {at}{since}.", "{new} {spread} {x} {is} seen {at}."], Ends = ["{spread} {x} {at}{since}{dx}.", "{new} {spread} {x}{dx}.", "{there} {spread} {x} {at}{since}{dx}."] },
            new("emphysema") { Nouns = ["~emphysema", "#emphysematous changes"], Concepts = ["lung abnormality"], Traits = [new("kind", "centrilobular", "paraseptal", "upper lobe predominant")], Grades = Stenosis, Weight = 3.5, MinAge = 45, Rank = 1,
                Says = ["{grade} {kind} {x}{since}.", "There {is} {grade} {kind} {x}{since}.", "{new} {grade} {kind} {x} in both lungs."], Ends = ["{grade} {x}{since}.", "{new} {grade} {kind} {x}.", "{there} {grade} {x}{since}."] },
            new("bronchiectasis") { Nouns = ["~bronchiectasis"], Concepts = ["lung abnormality", "airway abnormality"], Places = ["right middle lobe", "lingula", "right lower lobe", "left lower lobe"], Traits = [new("kind", "cylindrical", "varicose", "traction")], Grades = Mild, Weight = 1.6, Rank = 1,
                Says = ["{grade} {kind} {x} in the {place}{since}.", "There is {grade} {kind} {x} in the {place}{since}.", "{new} {grade} {x} in the {place}, {kind} in type."], Ends = ["{grade} {place} {x}{since}.", "{new} {x} in the {place}.", "{there} {grade} {place} {x}{since}."] },
            new("fibrosis") { Kinds = ["~subpleural reticulation", "~reticulation with traction bronchiectasis", "~subpleural reticulation and honeycombing"], Concepts = ["lung abnormality", "interstitial lung disease"], Grades = Mild, Weight = 1.3, MinAge = 50, Rank = 2, Diagnoses = ["usual interstitial pneumonia", "fibrotic interstitial lung disease", "nonspecific interstitial pneumonia"],
                Says = ["{grade} bibasilar {x}{since}.", "There is {grade} {x} at the lung bases{since}.", "{new} {grade} {x}, greatest at the bases."], Ends = ["{grade} basilar {x}{since}{dx}.", "{new} {x}{dx}.", "{there} {grade} basilar {x}{since}{dx}."] },
            new("atelectasis") { Nouns = ["~atelectasis", "#atelectatic changes"], Concepts = ["lung abnormality"], Places = ["lung bases", "right lower lobe", "left lower lobe", "right middle lobe"], Traits = [new("form", "dependent", "linear", "subsegmental", "compressive")], Grades = Mild, Weight = 3, Rank = 0, Course = FindingCourse.Acute,
                Says = ["{grade} {form} {x} in the {place}{since}.", "There {is} {grade} {form} {x} in the {place}{since}.", "{new} {form} {x} in the {place}, {grade}."] },
            new("mucus plugging") { Kinds = ["~mucus plugging", "~bronchial wall thickening with mucus plugging"], Concepts = ["airway abnormality"], Places = ["lower lobe airways", "right lower lobe bronchi", "left lower lobe bronchi"], Weight = 1.2, Rank = 1, Course = FindingCourse.Acute, Says = ["There is {x} in the {place}{since}.", "{new} {x} in the {place}.", "{x} in the {place}{since}.", "{there} {new} {x} in the {place}."], Ends = ["{x} in the {place}{since}.", "{new} {x} in the {place}.", "{there} {x} in the {place}{since}."] },
            new("calcified granuloma") { Places = Lobes, Size = new(2, 8), Weight = 2, Rank = 0, Course = FindingCourse.Fixed, Says = ["{size} {x} in the {place}.", "{there} {size} {x} in the {place}."] },
        ],
    };

    private static readonly ReportOrgan s_pleura = new("Pleura")
    {
        Normals = [new(["pleural abnormality"], ["No pleural effusion or thickening.", "The pleura is unremarkable.", "Pleural spaces are clear.", "No pleural abnormality."])],
        Negatives = [new("pleural effusion", "pleural effusion"), new("pneumothorax", "pneumothorax")],
        Findings =
        [
            new("pleural effusion") { Concepts = ["pleural abnormality"], Side = FindingSide.EitherOrBoth, Grades = Amount, Weight = 4, Rank = 2, Acute = true, Course = FindingCourse.Acute, Says = ["{there} {grade} {side} {x}{since}.", "{grade} {side} {x} with adjacent compressive atelectasis{since}.", "{new} {grade} {side} {x}."], Ends = ["{grade} {side} {x}{since}.", "{new} {grade} {side} {x}.", "{there} {grade} {side} {x}{since}."] },
            new("pleural plaque") { Concepts = ["pleural abnormality"], Kinds = ["#calcified pleural plaques", "#pleural plaques"], Side = FindingSide.EitherOrBoth, Weight = 1, MinAge = 55, Rank = 1, Diagnoses = ["prior asbestos exposure"], Says = ["{side} {x}{since}.", "There are {side} {x}{since}.", "{new} {side} {x}.", "{there} {side} {x}{since}."], Ends = ["{side} {x}{since}{dx}.", "{new} {side} {x}{dx}.", "{there} {side} {x}{since}{dx}."] },
            new("pneumothorax") { Nouns = ["pneumothorax/pneumothoraces"], Concepts = ["pleural abnormality"], Side = FindingSide.Either, Grades = ["tiny", "small", "moderate", "large"], Weight = 0.8, Rank = 3, Acute = true, Course = FindingCourse.Acute, Says = ["{there} {grade} {side} {x}{since}.", "{grade} {side} {x}{since}.", "{new} {grade} {side} {x}."], Ends = ["{grade} {side} {x}{since}.", "{new} {grade} {side} {x}.", "{there} {grade} {side} {x}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_mediastinum = new("Mediastinum and hila")
    {
        Normals =
        [
            new(["lymphadenopathy"], ["No mediastinal or hilar lymphadenopathy.", "No enlarged mediastinal, hilar or axillary lymph nodes.", "Mediastinal and hilar lymph nodes are normal in size.", "No pathologically enlarged lymph nodes."]),
            new(["thyroid abnormality"], ["The thyroid is unremarkable.", "Visualized thyroid gland is normal.", "Imaged portions of the thyroid are unremarkable."]) { Chance = 0.35 },
            new(["esophageal abnormality"], ["The esophagus is unremarkable.", "Normal caliber of the esophagus.", "Esophagus is normal in course and caliber."]) { Chance = 0.2 },
        ],
        Findings =
        [
            new("mediastinal lymphadenopathy") { Nouns = ["lymph node"], Concepts = ["lymphadenopathy"], Places = ["right paratracheal", "subcarinal", "prevascular", "aortopulmonary", "right hilar", "left hilar"], At = "in the {place} region", Size = new(11, 34), Weight = 3, Rank = 2, Course = FindingCourse.Lesion, Most = 2,
                Says = ["Enlarged {place} {x} measuring {size} in short axis{since}.", "{there} {new} {place} {x} with a short axis of {size}.", "{size} {place} {x}, enlarged by size criteria{since}."], Ends = ["Enlarged {place} {x} measuring {size}{since}.", "{new} {place} lymphadenopathy, up to {size}.", "{there} {new} {place} lymphadenopathy, up to {size}."], Advice = s => s.Change is EntityChange.NotCompared or EntityChange.New or EntityChange.Increased ? Advice.Oncology : null, AdviceChance = 0.4 },
            new("thyroid nodule") { Concepts = ["thyroid abnormality"], Places = ["right thyroid lobe", "left thyroid lobe", "thyroid isthmus"], Size = new(6, 32), Weight = 1.6, Rank = 1, Course = FindingCourse.Lesion, AdviceChance = 1, Nouns = ["hypodense nodule", "nodule", "low-attenuation nodule"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}.", "{x} in the {place} measures {size}{since}."], Ends = ["{size} {x} in the {place}{since}.", "{new} {place} {x} measuring {size}.", "{there} {size} {x} in the {place}{since}."], Advice = s => s.Largest >= 15 ? Advice.ThyroidUltrasound : Advice.NoFollowUp },
            new("hiatal hernia") { Concepts = ["esophageal abnormality"], Grades = ["small", "moderate", "large"], Weight = 2, MinAge = 40, Rank = 1, Says = ["{grade} {x}{since}.", "{there} {grade} sliding {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("esophageal wall thickening") { Nouns = ["~wall thickening of the esophagus", "~esophageal wall thickening"], Concepts = ["esophageal abnormality"], Traits = [new("part", "distal", "mid to distal", "circumferential distal")], Weight = 0.9, Rank = 1, Course = FindingCourse.Acute, Diagnoses = ["esophagitis", "neoplasm"], Says = ["There is {part} {x}{since}.", "{new} {part} {x}.", "{part} {x}{since}.", "{there} {new} {part} {x}."], Ends = ["{part} {x}{since}{dx}.", "{new} {part} {x}{dx}.", "{there} {part} {x}{since}{dx}."], Advice = _ => Advice.Endoscopy },
        ],
    };

    private static readonly ReportOrgan s_heart = new("Heart and vessels")
    {
        Normals =
        [
            new(["cardiomegaly", "pericardial effusion"], ["Heart size is normal without pericardial effusion.", "The heart is normal in size, and there is no pericardial effusion.", "Heart and pericardium are unremarkable.", "Normal heart size. No pericardial effusion."]),
            new(["aortic aneurysm"], ["The thoracic aorta is normal in caliber.", "Thoracic aorta is nonaneurysmal.", "Normal caliber of the thoracic aorta."]) { Chance = 0.5 },
        ],
        Findings =
        [
            new("coronary artery calcification") { Nouns = ["#coronary artery calcifications", "~coronary artery calcification", "~coronary atherosclerosis"], Grades = Stenosis, Weight = 4, MinAge = 45, Rank = 1, Says = ["{grade} {x}{since}.", "There {is} {grade} {x}{since}.", "{new} {grade} {x} {is} present."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("cardiomegaly") { Nouns = ["~cardiomegaly", "~cardiac enlargement"], Grades = Stenosis, Weight = 2.5, MinAge = 40, Rank = 1, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("pericardial effusion") { Grades = Amount, Weight = 1.2, Rank = 2, Course = FindingCourse.Acute, Acute = true, Says = ["{there} {grade} {x}{since}.", "{grade} {x}{since}.", "{new} {grade} {x}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("ascending aortic aneurysm") { Nouns = ["~dilatation of the ascending aorta", "~ectasia of the ascending aorta"], Concepts = ["aortic aneurysm"], Size = new(40, 54), Weight = 1.6, MinAge = 50, Rank = 2, Course = FindingCourse.Chronic, AdviceChance = 1, Says = ["{x} to {size}{since}.", "There is {x}, which measures {size}{since}.", "{new} {x}, {size} in diameter."], Ends = ["{x} measuring {size}{since}.", "{new} {x} to {size}.", "{there} {x} measuring {size}{since}."], Advice = s => s.Largest >= 50 ? Advice.VascularSurgery : Advice.AorticYear },
            new("aortic atherosclerosis") { Nouns = ["~atherosclerosis of the thoracic aorta", "#atherosclerotic calcifications of the thoracic aorta"], Grades = Mild, Weight = 2.5, MinAge = 50, Rank = 0, Says = ["{grade} {x}{since}.", "There {is} {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_pulmonaryArteries = new("Pulmonary arteries")
    {
        Normals = [new(["pulmonary embolism"], ["No filling defect in the pulmonary arteries to suggest embolism.", "The pulmonary arteries are well opacified without filling defects.", "No pulmonary embolism to the segmental level.", "Adequate opacification of the pulmonary arteries without evidence of embolism.", "There is no central, lobar or segmental pulmonary embolism."]) { Chance = 1 }],
        Findings =
        [
            new("pulmonary embolism") { Nouns = ["filling defect", "pulmonary embolus/pulmonary emboli"], Places = ["right main pulmonary artery", "left main pulmonary artery", "right lower lobe segmental arteries", "left lower lobe segmental arteries", "right upper lobe segmental artery", "left upper lobe segmental artery", "right interlobar artery", "right middle lobe subsegmental artery"], Weight = 5, Rank = 3, Acute = true, Course = FindingCourse.Acute, Most = 2, Traits = [new("extent", "occlusive", "nonocclusive")],
                Says = ["{there} {extent} {x} in the {place}{since}.", "{extent} {x} in the {place}, compatible with acute embolism{since}.", "{a} {new} {extent} {x} {is} seen in the {place}."], Ends = ["Acute pulmonary embolism in the {place}{since}.", "{new} {extent} {x} in the {place}, consistent with acute embolism.", "Pulmonary embolism: {extent} {x} in the {place}{since}."] },
            new("right heart strain") { Kinds = ["~right ventricular dilatation", "~flattening of the interventricular septum"], Weight = 0.7, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["right heart strain"], Says = ["There is {x}{since}.", "{new} {x} is present.", "{x}{since}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
            new("enlarged pulmonary artery") { Nouns = ["~enlargement of the main pulmonary artery"], Size = new(31, 40), Weight = 1.5, MinAge = 40, Rank = 1, Diagnoses = ["pulmonary hypertension"], Says = ["{x} to {size}{since}.", "There is {x}, {size} in diameter{since}.", "{new} {x}, which measures {size}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
        ],
    };

    private static readonly ReportOrgan s_abdomen = new("Upper abdomen")
    {
        Normals = [new(["upper abdominal abnormality"], ["Limited images of the upper abdomen are unremarkable.", "The visualized upper abdomen is unremarkable.", "Imaged portions of the upper abdomen are normal.", "No abnormality in the partially imaged upper abdomen."]) { Chance = 0.6 }],
        Findings =
        [
            new("hepatic cyst") { Concepts = ["upper abdominal abnormality"], Places = ["right hepatic lobe", "left hepatic lobe"], Size = new(6, 45), Weight = 1.5, Rank = 0, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."] },
            new("adrenal nodule") { Concepts = ["upper abdominal abnormality"], Places = ["right adrenal gland", "left adrenal gland"], At = "of the {place}", Size = new(8, 32), Weight = 1.4, MinAge = 40, Rank = 1, Course = FindingCourse.Lesion, AdviceChance = 1, Says = ["{size} {x} {at}{since}.", "{there} {new} {size} {x} {at}."], Ends = ["{size} {x} {at}{since}.", "{new} {x} {at} measuring {size}.", "{there} {size} {x} {at}{since}."], Advice = s => s.IsStable ? Advice.NoFollowUp : s.Largest >= 10 ? Advice.AdrenalCt : Advice.NoFollowUp },
            new("cholelithiasis") { Concepts = ["upper abdominal abnormality"], Nouns = ["~cholelithiasis", "#gallstones"], Weight = 1.5, Rank = 0, Says = ["{x}{since}.", "There {is} {x} without gallbladder wall thickening{since}.", "{new} {x} {is} seen."] },
            new("hepatic steatosis") { Concepts = ["upper abdominal abnormality"], Nouns = ["~hepatic steatosis", "~fatty infiltration of the liver"], Grades = Mild, Weight = 1.8, Rank = 0, Contrast = false, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_bones = new("Bones and chest wall")
    {
        Normals = [new(["acute osseous abnormality", "bone lesion"], ["No acute or suspicious osseous abnormality.", "No aggressive osseous lesion.", "Osseous structures are unremarkable.", "No destructive bone lesion or acute fracture."])],
        Findings =
        [
            new("thoracic spondylosis") { Kinds = ["#degenerative changes", "~spondylosis"], Grades = Stenosis, Weight = 4, MinAge = 45, Rank = 0, Says = ["{grade} {x} of the thoracic spine{since}.", "There {is} {grade} multilevel {x}{since}.", "{new} {grade} {x} of the spine."] },
            new("rib fracture") { OldNouns = ["healed rib fracture", "old rib fracture"], Concepts = ["acute osseous abnormality"], Places = ["right fourth rib", "right fifth rib", "right sixth rib", "left fifth rib", "left sixth rib", "left seventh rib"], At = "of the {place}", Traits = [new("displacement", "nondisplaced", "minimally displaced", "displaced")], Weight = 1.3, Rank = 2, Acute = true, Course = FindingCourse.Injury, Most = 3, Says = ["{there} {displacement} {x} {at}{since}.", "{displacement} fracture of the {place}{since}.", "{new} {displacement} {x} {at}."], Ends = ["{displacement} {x} {at}{since}.", "{new} fracture of the {place}, {displacement}.", "{there} {displacement} {x} {at}{since}."] },
            new("sclerotic bone lesion") { Nouns = ["sclerotic lesion", "sclerotic focus/sclerotic foci"], Concepts = ["bone lesion"], Places = ["T5 vertebral body", "T8 vertebral body", "T10 vertebral body", "sternum", "right scapula"], Size = new(5, 22), Weight = 1, MinAge = 45, Rank = 2, Course = FindingCourse.Lesion, Diagnoses = ["a bone island", "osseous metastasis"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{x} in the {place}{since}{dx}.", "{new} {size} {x} in the {place}{dx}.", "{there} {x} in the {place}{since}{dx}."] },
            new("compression fracture") { OldNouns = ["chronic compression fracture", "old compression fracture"], Concepts = ["acute osseous abnormality"], Places = ["T6", "T7", "T8", "T11", "T12", "L1"], At = "of {place}", Grades = Mild, Traits = [new("age", "chronic", "age-indeterminate")], Weight = 1.3, MinAge = 60, Rank = 1, Course = FindingCourse.Injury, Says = ["{grade} {age} {x} {at}{since}.", "{there} {grade} {age} {x} {at}{since}.", "{new} {grade} {age} {x} {at}."], Ends = ["{grade} {age} {x} {at}{since}.", "{new} {age} {x} {at}.", "{there} {grade} {age} {x} {at}{since}."], Advice = s => s.IsStable ? null : Advice.Densitometry },
        ],
    };

    private static readonly Wordings s_nothing = ["No acute intrathoracic abnormality.", "No acute abnormality in the chest.", "No acute cardiopulmonary process.", "No acute findings in the chest."];
    private static readonly Wordings s_normal = ["Normal CT of the chest.", "Unremarkable chest CT.", "Normal chest CT examination."];

    private static readonly ReportReason[] s_reasons =
    [
        new(["a pulmonary nodule", "follow-up of a lung nodule", "an abnormal chest radiograph", "a nodule on chest radiograph"]) { Boosts = ["solid pulmonary nodule", "ground-glass nodule"], Weight = 5, MinAge = 35 },
        new(["chronic cough", "persistent cough", "cough for several months"]) { Boosts = ["bronchiectasis", "fibrosis", "ground-glass opacity"], Question = "interstitial lung disease", Asks = "interstitial lung disease", Weight = 3 },
        new(["pneumonia not improving on antibiotics", "fever and cough", "persistent fever"]) { Boosts = ["consolidation", "ground-glass opacity", "pleural effusion"], Question = "consolidation", Asks = "pneumonia", NotWith = ["ground-glass opacity"], Weight = 4 },
        new(["lung cancer staging", "known lung cancer", "history of lung cancer", "lung cancer surveillance"]) { Boosts = ["lung mass", "mediastinal lymphadenopathy", "solid pulmonary nodule"], Weight = 3, MinAge = 45 },
        new(["a history of breast cancer", "melanoma surveillance", "colon cancer, restaging", "lymphoma"]) { Boosts = ["solid pulmonary nodule", "mediastinal lymphadenopathy", "sclerotic bone lesion"], Question = "lymphadenopathy", Asks = "metastatic disease in the chest", NotWith = ["lung mass", "solid pulmonary nodule", "ground-glass nodule", "sclerotic bone lesion"], Weight = 3, MinAge = 30 },
        new(["dyspnea", "unexplained dyspnea", "shortness of breath on exertion"]) { Boosts = ["emphysema", "fibrosis", "pleural effusion"], Weight = 4 },
        new(["hemoptysis", "coughing up blood", "blood-tinged sputum"]) { Boosts = ["lung mass", "bronchiectasis"], Question = "lung mass", Asks = "a lung mass", Weight = 2 },
        new(["trauma", "motor vehicle collision with chest pain", "a fall from height"]) { Boosts = ["rib fracture", "pneumothorax"], Question = "pneumothorax", Asks = "pneumothorax", Weight = 1.5 },
    ];

    public static readonly ReportExam WithContrast = new("CT chest with contrast")
    {
        Modality = "CT", Titles = ["CT Chest with IV Contrast", "CT CHEST WITH CONTRAST", "CT thorax with contrast"], Noun = "chest CT", Weight = 4, Contrast = true, Findings = 3.4, NormalChance = 0.1, AcuteConcept = "acute intrathoracic abnormality",
        Techniques = ["Axial CT images of the chest after intravenous administration of {ml} mL of iodinated contrast.", "Helical CT of the chest with {ml} mL IV contrast; coronal and sagittal reformats.", "Contrast-enhanced CT of the chest.", "CT of the chest was performed following {ml} mL of intravenous contrast."],
        Organs = [s_lungs, s_pleura, s_mediastinum, s_heart, s_abdomen, s_bones], Reasons = s_reasons, NothingAcute = s_nothing, Normal = s_normal,
    };

    public static readonly ReportExam WithoutContrast = new("CT chest without contrast")
    {
        Modality = "CT", Titles = ["CT Chest without Contrast", "CT CHEST WO CONTRAST", "Noncontrast chest CT"], Noun = "chest CT", Weight = 4, Findings = 3.4, NormalChance = 0.1, AcuteConcept = "acute intrathoracic abnormality",
        Techniques = ["Axial CT images of the chest without intravenous contrast.", "Helical CT of the chest without IV contrast, with multiplanar reformats.", "Noncontrast CT of the chest.", "Low-dose CT of the chest was performed without contrast."],
        Organs = [s_lungs, s_pleura, s_mediastinum, s_heart, s_abdomen, s_bones], Reasons = s_reasons, NothingAcute = s_nothing, Normal = s_normal,
    };

    public static readonly ReportExam Embolism = new("CT pulmonary angiogram")
    {
        Modality = "CT", Titles = ["CT Pulmonary Angiogram", "CTA CHEST PE PROTOCOL", "CT angiography of the chest"], Noun = "CT pulmonary angiogram", Weight = 4, Contrast = true, Findings = 2.8, NormalChance = 0.16, AcuteConcept = "acute intrathoracic abnormality",
        Techniques = ["CT angiography of the chest with {ml} mL of IV contrast timed for the pulmonary arteries.", "Thin-section CT of the chest after {ml} mL intravenous contrast, pulmonary embolism protocol, with MIP reformats.", "Contrast-enhanced CT of the pulmonary arteries.", "CT pulmonary angiography was performed after {ml} mL of contrast."],
        Organs = [s_pulmonaryArteries, s_lungs, s_pleura, s_mediastinum, s_heart, s_bones], NothingAcute = s_nothing, Normal = s_normal,
        Reasons =
        [
            new(["acute dyspnea and tachycardia", "pleuritic chest pain", "shortness of breath with elevated D-dimer", "chest pain and hypoxia"]) { Boosts = ["pulmonary embolism"], Question = "pulmonary embolism", Asks = "pulmonary embolism", Weight = 5 },
            new(["leg swelling and dyspnea", "recent surgery with new dyspnea", "known cancer and acute shortness of breath"]) { Boosts = ["pulmonary embolism", "pleural effusion"], Question = "pulmonary embolism", Asks = "pulmonary embolism", Weight = 4 },
            new(["syncope", "near syncope with hypoxia"]) { Question = "pulmonary embolism", Asks = "pulmonary embolism", Weight = 2 },
        ],
    };
}
